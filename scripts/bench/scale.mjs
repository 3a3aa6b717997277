// `node scripts/bench/scale.mjs [--files 1000000]`: a version of a million files through the API of a running node; 1,000 datasets at start;
// health during an import.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { WORKS } from './data.mjs'
import { median, privateMemory, timed } from './measure.mjs'
import { startNode } from './nodes.mjs'

const { values } = parseArgs({ options: { files: { type: 'string', default: '1000000' }, datasets: { type: 'string', default: '1000' }, scale: { type: 'string', default: '1' } } })
const FILES = Number(values.files)
const pathOf = i => `folder-${String(Math.floor(i / 1000)).padStart(4, '0')}/item-${String(i).padStart(7, '0')}`
const { openNode } = await import('../../dist/daemon/index.js')
const trees = await import('../../dist/trees/index.js')

const base = mkdtempSync(join(tmpdir(), 'shoal-scale-'))
try {
  await big(join(base, 'big'))
  await many(join(base, 'many'))
} finally {
  rmSync(base, { recursive: true, force: true })
}

async function big(home) {
  await inventVersion(home)
  const node = await startNode(home)
  const { client } = node
  const ref = { namespace: 'scale', name: 'big', version: '1.0.0' }
  let n = 0
  await timed('list one page (1,000 rows) of a version', () => client.files.list(ref, { prefix: `folder-${String(n++ * 37 % (FILES / 1000)).padStart(4, '0')}`, limit: 1000 }))
  await timed('list the top folders', () => client.files.list(ref, { limit: 1000 }))
  await timed('show the version', () => client.versions.get(ref))
  await timed('page of the version: what it is, its top folders, 100 of its files', async () => {
    await Promise.all([client.versions.get(ref), client.files.list(ref, { limit: 100 }), client.files.list(ref, { recursive: true, limit: 100 })])
  })
  await timed('inherit the version', () => client.versions.create(ref, { from: ['1.0.0'], mode: 'inherit', number: `2.${n++}.0`, name: `draft ${n}` }), 15)
  const draft = { ...ref, version: `2.${n - 1}.0` }
  const edits = Array.from({ length: 10 }, (_, i) => ({ op: 'remove', path: pathOf(i * Math.floor(FILES / 10)) }))
  await client.files.edit(draft, edits)
  await timed('diff of two versions that differ in 10 files', async () => {
    let rows = 0
    for await (const item of client.versions.diff(draft, { against: '1.0.0' })) rows += item.path.length > 0 ? 1 : 0
    if (rows !== 10) throw new Error(`the diff has ${rows} rows`)
  })
  await timed('show the draft with its changes against the version', () => client.versions.get(draft))
  console.log(`private memory of the node: ${(privateMemory(node.pid) / 2 ** 20).toFixed(0)} MiB`)
  await node.stop()
}

async function many(home) {
  const source = join(base, 'source')
  mkdirSync(source)
  WORKS.pictures.create(source, Number(values.scale))
  let node = await startNode(home)
  const { client } = node
  for (let i = 0; i < Number(values.datasets); i++) await client.datasets.create({ namespace: 'many', name: `set-${i}` })

  const waits = []
  const state = { running: true }
  const probe = (async () => {
    while (state.running) {
      const at = performance.now()
      await (await fetch(`${node.url}/healthz`)).text()
      waits.push(performance.now() - at)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  })()
  let peak = 0
  const timer = setInterval(() => { peak = Math.max(peak, privateMemory(node.pid)) }, 20)
  const at = performance.now()
  await client.files.import({ source, ref: 'many/import' })
  console.log(`import of ${10_000 * Number(values.scale)} files through the node: ${((performance.now() - at) / 1000).toFixed(2)} s, peak private memory ${(peak / 2 ** 20).toFixed(0)} MiB`)
  state.running = false
  await probe
  clearInterval(timer)
  waits.sort((a, b) => a - b)
  console.log(`/healthz during it: p50 ${waits[Math.floor(waits.length / 2)].toFixed(1)} ms, p99 ${waits[Math.floor(waits.length * 0.99)].toFixed(1)} ms, most ${waits.at(-1).toFixed(1)} ms (${waits.length} asked)`)
  await node.stop()

  const starts = []
  for (let i = 0; i < 5; i++) {
    const from = performance.now()
    node = await startNode(home)
    starts.push(performance.now() - from)
    await node.stop()
  }
  console.log(`start to answering with that data and ${values.datasets} datasets: ${median(starts).toFixed(0)} ms`)
}

/** A version whose files are invented: its tree is real, the chunks behind it are not there (and not asked for). */
async function inventVersion(home) {
  const node = await openNode({ folder: home, doing: 'bench' })
  const { datasets } = node.services
  await datasets.create({ namespace: 'scale', name: 'big' })
  async function* entries() {
    for (let i = 0; i < FILES; i++) {
      const hash = new Uint8Array(createHash('sha256').update(`${i}`).digest())
      yield { kind: 'file', path: pathOf(i), size: 100_000, hash, executable: false, profile: 'binary', content: { kind: 'whole' } }
    }
  }
  const at = performance.now()
  const ref = { namespace: 'scale', name: 'big' }
  const { tree, resolved } = await datasets.commit(ref, 'invented', async () => (await trees.writeTree(node.store, entries())).root)
  console.log(`tree of ${FILES} files written: ${((performance.now() - at) / 1000).toFixed(2)} s`)
  // Published through the catalog alone: publishing checks that every chunk is here, and these are not.
  const stats = await trees.treeStats(node.store, tree)
  const version = resolved.version
  const { hashFromHex } = await import('../../dist/model/index.js')
  await node.catalog.publish({
    dataset: resolved.dataset.id, version: version.id, number: version.number, name: version.name, tree, commit: hashFromHex(version.heads[0]),
    files: stats.files, links: stats.links, bytes: stats.bytes, parents: [], message: 'invented'
  })
  await node.close()
}
