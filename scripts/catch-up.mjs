// Measures two figures of the catalog's exchange, between two real nodes on this machine: how long a change takes to a connected peer, and
// how long a node that is so many envelopes behind takes to catch up, with the waits of its API meanwhile.
// `node scripts/catch-up.mjs [--envelopes 100000] [--datasets 100]`; needs a build (npm run build).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openCatalog } from '../dist/catalog/index.js'
import { silentLog, systemChance, systemClock } from '../dist/runtime/index.js'
import { loadOrCreateDevice } from '../dist/trust/index.js'

const MAIN = fileURLToPath(new URL('../dist/bin/main.js', import.meta.url))
/** Changes asked for at the same time while the envelopes are made. */
const AT_ONCE = 256
/** Whatever takes longer than this hangs. Milliseconds. */
const DEADLINE_MS = 600_000
const POLL_MS = 50
const LIVE_CHANGES = 20

const { values } = parseArgs({ options: { envelopes: { type: 'string', default: '100000' }, datasets: { type: 'string', default: '100' } } })
const [wanted, datasets] = [Number(values.envelopes), Number(values.datasets)]
const root = mkdtempSync(join(tmpdir(), 'shoal-catch-up-'))
const homes = [join(root, 'ahead'), join(root, 'behind')]
const running = new Set()

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function start(home, port) {
  const child = spawn(process.execPath, [MAIN, 'start', '--home', home, '--port', '0', '--json', '--no-examples', '--listen', `/ip4/127.0.0.1/tcp/${port}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  const [line] = await once(child.stdout, 'data')
  const { url } = JSON.parse(line)
  return { url, stop: async () => { child.kill('SIGTERM'); await once(child, 'close'); running.delete(child) } }
}

async function ask(node, method, path, body) {
  const response = await fetch(`${node.url}/api/v1${path}`, { method, ...body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } })
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
  return response.status === 204 ? undefined : response.json()
}

const spread = times => {
  const sorted = times.toSorted((a, b) => a - b)
  const at = share => `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)} ms`
  return `median ${at(0.5)}, 99 % ${at(0.99)}, longest ${at(1)}`
}

async function live(a, b) {
  const times = []
  for (let i = 0; i < LIVE_CHANGES; i++) {
    const begun = performance.now()
    await ask(a, 'PATCH', '/datasets/bench/d0', { description: `live ${i}` })
    while ((await ask(b, 'GET', '/datasets/bench/d0')).description !== `live ${i}`) if (performance.now() - begun > DEADLINE_MS) throw new Error('a change never came')
    times.push(performance.now() - begun)
  }
  console.log(`a change, from the request on one node to its sight on the other: ${spread(times)}`)
}

/** Many people's work on a node nobody reaches: made by its own catalog, each change signed and fsynced with those beside it. */
async function fallBehind() {
  const begun = performance.now()
  const device = loadOrCreateDevice(join(homes[0], 'device.key'), systemChance)
  const catalog = await openCatalog({ folder: join(homes[0], 'catalog'), device, clock: systemClock, chance: systemChance, log: silentLog })
  const ids = catalog.datasets().map(dataset => dataset.id)
  let made = 0
  const make = async () => {
    for (let i = made++; i < wanted; i = made++) await catalog.apply(ids[i % ids.length], [{ change: 'dataset.edit', fields: { description: `change ${i}` } }])
  }
  await Promise.all(Array.from({ length: AT_ONCE }, make))
  await catalog.close()
  console.log(`${wanted} envelopes over ${ids.length} datasets made in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}

async function catchUp(a, b) {
  const waits = []
  const last = new Map((await ask(a, 'GET', '/datasets?limit=1000')).items.map(dataset => [dataset.id, dataset.revision]))
  const begun = performance.now()
  for (;;) {
    const asked = performance.now()
    await ask(b, 'GET', '/node')
    waits.push(performance.now() - asked)
    if (waits.length % 5 === 0) {
      const there = (await ask(b, 'GET', '/datasets?limit=1000')).items
      if (there.length === last.size && there.every(dataset => last.get(dataset.id) === dataset.revision)) break
    }
    if (performance.now() - begun > DEADLINE_MS) throw new Error(`not caught up within ${DEADLINE_MS} ms`)
    await sleep(POLL_MS)
  }
  console.log(`caught up in ${((performance.now() - begun) / 1000).toFixed(1)} s; its API meanwhile: ${spread(waits)}`)
}

try {
  const ports = [await freePort(), await freePort()]
  let [a, b] = await Promise.all(homes.map((home, i) => start(home, ports[i])))
  const { invite } = await ask(a, 'POST', '/invites', {})
  await ask(b, 'POST', '/join', { invite })
  for (let i = 0; i < datasets; i++) await ask(a, 'POST', '/datasets', { namespace: 'bench', name: `d${i}` })
  while ((await ask(b, 'GET', '/datasets?limit=1000')).items.length < datasets) await sleep(POLL_MS)
  await live(a, b)
  await Promise.all([a.stop(), b.stop()])
  await fallBehind()
  ;[a, b] = [await start(homes[0], ports[0]), await start(homes[1], ports[1])]
  await catchUp(a, b)
  await Promise.all([a.stop(), b.stop()])
} finally {
  for (const child of running) child.kill('SIGKILL')
  rmSync(root, { recursive: true, force: true, maxRetries: 5 })
}
