// The work of sync.mjs done by two (or more) Shoal nodes.
import { execFile } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { cpuSeconds, privateMemory, run } from './measure.mjs'
import { SHOAL, joinNode, received, startNode } from './nodes.mjs'

const DATASET = { namespace: 'bench', name: 'data' }
const REF = number => `bench/data@${number}`
const SAMPLE_MS = 20
/** Flushes the machine's disks. Nothing here blocks this process: a connection the node ends meanwhile would be used again. */
const flush = () => promisify(execFile)('sync')

/**
 * Two nodes on loopback: the first sync of a version, of the changed one, and once more.
 * @param at `base` (a folder), `first` and `second` (the data), `profile` (where CPU profiles go, if anywhere)
 */
export async function benchShoal({ base, first, second, profile }) {
  const flags = name => profile === undefined ? {} : { flags: ['--cpu-prof', `--cpu-prof-dir=${profile}/${name}`] }
  const [a, b] = [await startNode(join(base, 'home-a'), flags('a')), await startNode(join(base, 'home-b'), flags('b'))]
  const memory = watchMemory({ sender: a, receiver: b })
  const row = {}
  try {
    await joinNode(b, a)
    await a.client.datasets.create(DATASET)
    await keepNothing(b)
    row.import = await importVersion(a, base, first, '1.0.0')
    memory.note(row, 'import')
    await measure(row, 'first', [a, b], '1.0.0')
    memory.note(row, 'first')
    row['first + checkout'] = row.first + await checkout(b, '1.0.0', base)
    memory.note(row, 'checkout')
    row['import again'] = await importVersion(a, base, second, '2.0.0')
    memory.note(row, 'import again')
    await measure(row, 'changed', [a, b], '2.0.0')
    memory.note(row, 'changed')
    row['changed + checkout'] = row.changed + await checkout(b, '2.0.0', base)
    await measure(row, 'nothing new', [a, b], '2.0.0')
  } finally {
    memory.stop()
    await Promise.all([a.stop(), b.stop()])
  }
  return row
}

/** One node with all of it to one without, both to a third, and those three to a fourth. */
export async function benchThreeSources({ base, first }) {
  const names = ['a', 'b', 'c', 'd']
  const nodes = []
  for (const name of names) nodes.push(await startNode(join(base, `home-${name}`)))
  const [a, ...others] = nodes
  const row = {}
  try {
    await a.client.datasets.create(DATASET)
    // Before there is anything to keep: each fetches the version when it is asked to, and not before.
    for (const node of others) {
      await joinNode(node, a)
      await keepNothing(node)
    }
    for (const node of others) await met(node, others.length)
    await importVersion(a, base, first, '1.0.0')
    for (const [i, node] of others.entries()) await measure(row, `${i + 1} source${i === 0 ? '' : 's'}`, [a, node], '1.0.0')
  } finally {
    await Promise.all(nodes.map(node => node.stop()))
  }
  return row
}

async function keepNothing(node) {
  await node.client.sync({})
  await node.client.datasets.setKeep(DATASET, 'none')
}

/** Resolves when a node is connected to so many others. */
async function met(node, count) {
  for (let tries = 0; tries < 300; tries++) {
    let connected = 0
    for await (const peer of node.client.peers()) if (peer.connected) connected++
    if (connected >= count) return
    await setTimeout(100)
  }
  throw new Error(`${node.home} did not meet ${count} others in 30 s`)
}

async function importVersion(node, base, folder, number) {
  const source = join(base, 'source')
  await rm(source, { recursive: true, force: true })
  await cp(folder, source, { recursive: true, preserveTimestamps: true })
  if (number !== '1.0.0') await node.client.versions.create(DATASET, { mode: 'inherit', number })
  const at = performance.now()
  await node.client.files.import({ source, ref: REF(number) })
  await node.client.versions.publish({ ...DATASET, version: number })
  return seconds(at)
}

/** `shoal sync --wait` on the second node. Its catalog knows of the version: seconds are those of the command. */
async function measure(row, name, [a, b], number) {
  await b.client.sync({})
  await flush()
  const before = { wire: await received(b.client), store: (await b.client.node()).store, a: cpuSeconds(a.pid), b: cpuSeconds(b.pid) }
  const { seconds } = await run([process.execPath, SHOAL, 'sync', REF(number), '--wait', '--home', b.home, '--quiet'])
  row[name] = seconds
  row[`${name} CPU sender`] = cpuSeconds(a.pid) - before.a
  row[`${name} CPU receiver`] = cpuSeconds(b.pid) - before.b
  const wire = await received(b.client) - before.wire
  const added = (await b.client.node()).store.bytes - before.store.bytes
  row[`${name} MB`] = wire / 1e6
  if (added > 0) row[`${name} wire / new`] = wire / added
}

async function checkout(node, number, base) {
  const at = performance.now()
  await node.client.files.checkout({ ref: REF(number), folder: join(base, 'target'), force: true })
  return seconds(at)
}

/** Peaks of the nodes' private memory, of each step since the one before. */
function watchMemory(nodes) {
  let peaks = {}
  const timer = setInterval(() => {
    for (const [name, node] of Object.entries(nodes)) peaks[name] = Math.max(peaks[name] ?? 0, privateMemory(node.pid))
  }, SAMPLE_MS)
  return {
    note: (row, step) => {
      for (const [name, peak] of Object.entries(peaks)) row[`${step} ${name} MiB`] = peak / 2 ** 20
      peaks = {}
    },
    stop: () => clearInterval(timer)
  }
}

const seconds = at => (performance.now() - at) / 1000
