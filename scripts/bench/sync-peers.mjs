// The work of sync.mjs done by rsync (a daemon, without encryption) and by Syncthing (TLS), both as they come, on loopback.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { fresh } from './data.mjs'
import { cpuSeconds, privateMemory } from './measure.mjs'

const STEPS = ['first', 'changed', 'nothing new']
/** Longer than Syncthing takes for 100,000 files. */
const PATIENCE_MS = 600_000

const seconds = at => (performance.now() - at) / 1000

/** Makes `to` equal `from` and leaves alone what is equal already, as an edit would. */
function edit(from, to) {
  execFileSync('cp', ['-r', '--preserve=timestamps', '--update', `${from}/.`, to])
  spawnSync('sync')
}

export async function benchRsync({ base, first, second }) {
  const [served, target] = [fresh(join(base, 'source')), fresh(join(base, 'target'))]
  const config = join(base, 'rsyncd.conf')
  const port = await freePort()
  writeFileSync(config, `port = ${port}\naddress = 127.0.0.1\nuse chroot = no\n[data]\npath = ${served}\nread only = yes\n`)
  const daemon = spawn('rsync', ['--daemon', '--no-detach', `--config=${config}`], { stdio: 'ignore' })
  const row = {}
  try {
    await until('rsync listens', () => listens(port))
    for (const step of STEPS) {
      edit(step === 'first' ? first : second, served)
      const at = performance.now()
      const stats = execFileSync('rsync', ['-a', '--delete', '--stats', `rsync://127.0.0.1:${port}/data/`, target], { encoding: 'utf8' })
      row[step] = seconds(at)
      row[`${step} MB`] = Number(/Total bytes received: ([\d,]+)/.exec(stats)?.[1]?.replaceAll(',', '')) / 1e6
    }
  } finally {
    daemon.kill()
  }
  return row
}

/**
 * Two Syncthing nodes: `scan …` is what the sender takes to look through its folder (and hash what is new), the rest is counted from
 * there on: so is Shoal's import apart from its sync. What is sent while the scan goes on counts for Syncthing.
 */
export async function benchSyncthing({ base, first, second }) {
  const [served, target] = [fresh(join(base, 'source')), fresh(join(base, 'target'))]
  const nodes = []
  const row = {}
  let peak = 0
  const timer = setInterval(() => { for (const node of nodes) peak = Math.max(peak, privateMemory(node.child.pid)) }, 100)
  try {
    for (const name of ['a', 'b']) nodes.push(await startSyncthing(fresh(join(base, `syncthing-${name}`))))
    const [a, b] = nodes
    edit(first, served)
    await a.api('POST', 'config/folders', folder(served, 'sendonly', nodes))
    const scan = performance.now()
    await until('Syncthing has scanned', async () => (await a.api('GET', 'db/status?folder=data')).localFiles === filesIn(served) && (await a.state()) === 'idle')
    row['scan first'] = seconds(scan)
    for (const [me, other] of [[a, b], [b, a]]) await me.api('POST', 'config/devices', { deviceID: other.id, addresses: [`tcp://127.0.0.1:${other.port}`], name: 'other' })
    await until('the nodes are connected', async () => (await b.api('GET', 'system/connections')).connections[a.id]?.connected)
    let at = performance.now()
    let cpu = cpuSeconds(a.child.pid) + cpuSeconds(b.child.pid)
    let wire = await b.received()
    const done = async step => {
      await until(`Syncthing has done ${step}`, async () => await isSame(a, b, filesIn(served)))
      row[step] = seconds(at)
      row[`${step} CPU`] = cpuSeconds(a.child.pid) + cpuSeconds(b.child.pid) - cpu
      row[`${step} MB`] = (await b.received() - wire) / 1e6
    }
    await b.api('POST', 'config/folders', folder(target, 'receiveonly', nodes))
    await a.api('PATCH', 'config/folders/data', { devices: nodes.map(({ id }) => ({ deviceID: id })) })
    await done('first')
    for (const step of ['changed', 'nothing new']) {
      edit(second, served)
      wire = await b.received()
      cpu = cpuSeconds(a.child.pid) + cpuSeconds(b.child.pid)
      at = performance.now()
      await a.api('POST', 'db/scan?folder=data')
      row[`scan ${step}`] = seconds(at)
      at = performance.now()
      await done(step)
    }
    execFileSync('diff', ['-r', '--exclude=.stfolder', served, target])
  } finally {
    clearInterval(timer)
    for (const node of nodes) await node.stop()
  }
  return { ...row, 'node MiB': peak / 2 ** 20 }
}

/** Whether the second has all the first has. */
async function isSame(a, b, files) {
  const [here, there] = await Promise.all([a, b].map(node => node.api('GET', 'db/status?folder=data')))
  return there.state === 'idle' && there.needTotalItems === 0 && there.localFiles === files && there.globalBytes === here.globalBytes && there.localBytes === here.localBytes
    && there.inSyncBytes === here.localBytes && await isKnown(a, b)
}

/** Whether the second has heard of all changes of the first. */
async function isKnown(a, b) {
  const mine = (await a.api('GET', 'db/status?folder=data')).sequence
  const { remoteSequence } = await b.api('GET', 'db/status?folder=data')
  return (remoteSequence?.[a.id] ?? mine) >= mine
}

const folder = (path, type, nodes) => ({ id: 'data', path, type, fsWatcherEnabled: false, rescanIntervalS: 0, devices: nodes.map(({ id }) => ({ deviceID: id })) })

async function startSyncthing(home) {
  execFileSync('syncthing', ['generate', `--home=${home}`, '--no-default-folder', '--skip-port-probing'], { stdio: 'ignore' })
  const [port, gui] = [await freePort(), await freePort()]
  const file = join(home, 'config.xml')
  writeFileSync(file, configured(readFileSync(file, 'utf8'), {
    listenAddress: `tcp://127.0.0.1:${port}`, globalAnnounceEnabled: false, localAnnounceEnabled: false, relaysEnabled: false, natEnabled: false,
    urAccepted: -1, crashReportingEnabled: false, autoUpgradeIntervalH: 0, startBrowser: false, stunKeepaliveStartS: 0, setLowPriority: false
  }))
  const child = spawn('syncthing', ['serve', `--home=${home}`, '--no-browser', '--no-restart', '--no-upgrade', `--gui-address=127.0.0.1:${gui}`, '--gui-apikey=bench'], {
    stdio: 'ignore',
    // One process, whose processor time and memory are the node's: else the first one only watches another.
    env: { ...process.env, STMONITORED: 'yes' }
  })
  const ended = new Promise(resolve => child.on('close', resolve))
  const api = async (method, path, body) => {
    // While this process copies files, Syncthing ends a connection that is kept: each request has its own.
    const response = await fetch(`http://127.0.0.1:${gui}/rest/${path}`, { method, headers: { 'X-API-Key': 'bench', connection: 'close' }, ...body === undefined ? {} : { body: JSON.stringify(body) } })
    if (!response.ok) throw new Error(`Syncthing answers ${path} with ${response.status}: ${await response.text()}`)
    const text = await response.text()
    return text.startsWith('{') ? JSON.parse(text) : text
  }
  await until('Syncthing answers', () => listens(gui))
  const { myID: id } = await api('GET', 'system/status')
  return {
    child,
    id,
    port,
    api,
    state: async () => (await api('GET', 'db/status?folder=data')).state,
    received: async () => (await api('GET', 'system/connections')).total.inBytesTotal,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    }
  }
}

/** A configuration with other options. */
function configured(xml, options) {
  return Object.entries(options).reduce((text, [name, value]) => {
    const element = new RegExp(`<${name}>[^<]*</${name}>`)
    return element.test(text) ? text.replace(element, `<${name}>${value}</${name}>`) : text.replace('<options>', `<options><${name}>${value}</${name}>`)
  }, xml)
}

const filesIn = folder => readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).length

async function until(what, isDone, everyMs = 20) {
  for (const from = performance.now(); performance.now() - from < PATIENCE_MS; await setTimeout(everyMs)) if (await isDone()) return
  throw new Error(`waited ${PATIENCE_MS / 1000} s and it is not so that ${what}`)
}

const listens = port => new Promise(resolve => {
  const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false)).on('connect', () => socket.destroy())
})

/** A TCP port nobody listens on at this moment. */
const freePort = () => new Promise((resolve, reject) => {
  const server = createServer().on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})
