// `node scripts/bench/sync.mjs [--works pictures,records,single,tables] [--tools shoal,rsync,syncthing] [--rounds 3] [--scale 1] [--folder DIR] [--profile]`
// Two real processes on loopback. For each work: the first sync, one after the work's change, one with nothing new; seconds, megabytes
// over the wire, peak private memory. For Shoal: from the request for a version on the second node to the answer that it is complete,
// checked and durable there; `+checkout` adds writing it to a folder. Peers that aren't installed are left out.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { WORKS, fresh } from './data.mjs'
import { cpuSeconds, median, privateMemory } from './measure.mjs'

const { values: options } = parseArgs({
  options: {
    works: { type: 'string', default: 'pictures,records,single,tables' },
    tools: { type: 'string', default: 'shoal,rsync' },
    rounds: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
    folder: { type: 'string' },
    profile: { type: 'boolean', default: false }
  }
})
const main = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url))
const { createClient } = await import('../../dist/http/index.js')
const scale = Number(options.scale)
const base = mkdtempSync(join(options.folder ?? tmpdir(), 'shoal-sync-bench-'))
const MEBIBYTE = 2 ** 20

const TOOLS = { shoal: benchShoal, rsync: benchRsync }

try {
  for (const work of options.works.split(',')) await benchWork(work)
} finally {
  rmSync(base, { recursive: true, force: true })
}

async function benchWork(work) {
  const first = fresh(join(base, 'first'))
  WORKS[work].create(first, scale)
  const second = join(base, 'second')
  cpSync(first, second, { recursive: true, preserveTimestamps: true })
  WORKS[work].change(second, scale)
  console.log(WORKS[work].title)
  for (const tool of options.tools.split(',')) {
    if (tool !== 'shoal' && spawnSync(tool, ['--version']).status !== 0) {
      console.log(`  ${tool}: not installed, left out`)
      continue
    }
    const rows = []
    for (let round = 0; round < Number(options.rounds); round++) rows.push(await TOOLS[tool](first, second, round))
    const cells = Object.keys(rows[0]).map(name => `${name} ${median(rows.map(row => row[name])).toFixed(2)}`)
    console.log(`  ${tool.padEnd(9)} ${cells.join('  ')}`)
  }
  rmSync(first, { recursive: true })
  rmSync(second, { recursive: true })
}

async function benchShoal(first, second, round) {
  const source = join(base, 'source')
  const target = join(base, 'target')
  const [a, b] = [await start('a', round), await start('b', round)]
  const memory = { a: 0, b: 0 }
  const timer = setInterval(() => {
    memory.a = Math.max(memory.a, privateMemory(a.child.pid))
    memory.b = Math.max(memory.b, privateMemory(b.child.pid))
  }, 20)
  const row = {}
  const timed = async (name, ref) => {
    spawnSync('sync')
    const before = await received(b.client)
    const cpu = [cpuSeconds(a.child.pid), cpuSeconds(b.child.pid)]
    const at = performance.now()
    const report = await b.client.sync({ wait: true, ...ref === undefined ? {} : { ref } })
    row[name] = (performance.now() - at) / 1000
    row[`${name} CPU s`] = cpuSeconds(a.child.pid) - cpu[0] + cpuSeconds(b.child.pid) - cpu[1]
    if (report.missing.length > 0) throw new Error(`${ref} is not complete`)
    const after = await received(b.client)
    row[`${name} MB`] = (after - before) / 1e6
    if (ref === undefined) return
    await b.client.files.checkout({ ref, folder: target, force: true })
    row[`${name} +checkout`] = (performance.now() - at) / 1000
  }
  try {
    const { invite } = await a.client.invite({})
    await b.client.join(invite)
    await a.client.datasets.create({ namespace: 'bench', name: 'data' })
    await b.client.sync({})
    await b.client.datasets.setKeep({ namespace: 'bench', name: 'data' }, 'none')
    for (const [number, folder] of [['1.0.0', first], ['2.0.0', second]]) {
      rmSync(source, { recursive: true, force: true })
      cpSync(folder, source, { recursive: true, preserveTimestamps: true })
      if (number === '2.0.0') await a.client.versions.create({ namespace: 'bench', name: 'data' }, { mode: 'inherit', number })
      await a.client.files.import({ source, ref: `bench/data@${number}` })
      await a.client.versions.publish({ namespace: 'bench', name: 'data', version: number })
      await b.client.sync({})
      await timed(number === '1.0.0' ? 'first' : 'changed', `bench/data@${number}`)
      if (number === '1.0.0') row['memory first MiB'] = Math.max(memory.a, memory.b) / MEBIBYTE
    }
    await timed('nothing new')
  } finally {
    clearInterval(timer)
    await Promise.all([a.stop(), b.stop()])
    for (const folder of ['home-a', 'home-b', 'source', 'target']) rmSync(join(base, folder), { recursive: true, force: true })
  }
  return { ...row, 'sender MiB': memory.a / MEBIBYTE, 'receiver MiB': memory.b / MEBIBYTE }
}

async function received(client) {
  let bytes = 0
  for await (const peer of client.peers()) bytes += peer.bytesIn
  return bytes
}

async function start(name, round) {
  const home = fresh(join(base, `home-${name}`))
  const flags = options.profile && round === 0 ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}/.bench/profile-${name}`] : []
  const child = spawn(process.execPath, [...flags, main, 'start', '--home', home, '--port', '0', '--no-examples', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(resolve => child.on('close', resolve))
  const line = await new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error('the node ended')))
    child.stdout.once('data', data => resolve(String(data)))
  })
  const token = readFileSync(join(home, 'api-token'), 'utf8').trim()
  return { child, client: createClient({ baseUrl: JSON.parse(line).url, token }), stop: async () => { child.kill('SIGTERM'); await ended } }
}

/** rsync from a daemon of its own, without encryption, folder to folder. */
async function benchRsync(first, second) {
  const served = join(base, 'source')
  const target = fresh(join(base, 'target'))
  const config = join(base, 'rsyncd.conf')
  const port = 20_000 + process.pid % 10_000
  writeFileSync(config, `port = ${port}\naddress = 127.0.0.1\nuse chroot = no\n[data]\npath = ${served}\nread only = yes\n`)
  const daemon = spawn('rsync', ['--daemon', '--no-detach', `--config=${config}`], { stdio: 'ignore' })
  const row = {}
  try {
    for (const [name, folder] of [['first', first], ['changed', second], ['nothing new', second]]) {
      rmSync(served, { recursive: true, force: true })
      cpSync(folder, served, { recursive: true, preserveTimestamps: true })
      spawnSync('sync')
      const at = performance.now()
      const { status, stdout } = spawnSync('rsync', ['-a', '--delete', '--fsync', '--stats', `rsync://127.0.0.1:${port}/data/`, target], { encoding: 'utf8' })
      if (status !== 0) throw new Error('rsync failed')
      row[name] = (performance.now() - at) / 1000
      row[`${name} MB`] = Number(/Total bytes received: ([\d,]+)/.exec(stdout)?.[1]?.replaceAll(',', '') ?? 0) / 1e6
    }
  } finally {
    daemon.kill()
  }
  return row
}
