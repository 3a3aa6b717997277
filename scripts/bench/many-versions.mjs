// `node scripts/bench/many-versions.mjs [--datasets 10000] [--versions 20] [--rounds 200] [--home DIR]`: lists, filters and searches of a large
// catalog, and bulk changes of 1,000 versions, through the API of a running node. A home that is named is kept, and used again.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { privateMemory, timed } from './measure.mjs'
import { startNode } from './nodes.mjs'

const { values } = parseArgs({ options: { datasets: { type: 'string', default: '10000' }, versions: { type: 'string', default: '20' }, rounds: { type: 'string', default: '200' }, home: { type: 'string' } } })
const [DATASETS, VERSIONS, ROUNDS] = [Number(values.datasets), Number(values.versions), Number(values.rounds)]
/** Datasets made at the same time: they share flushes. */
const AT_ONCE = 200
const BULK = 1000
const NETWORK_MS = 3000
const PLACES = ['harbour', 'forest', 'market', 'station', 'school', 'quarry', 'airport', 'river']
const { openNode } = await import('../../dist/daemon/index.js')
const { hashFromHex, versionId } = await import('../../dist/model/index.js')

const home = values.home ?? mkdtempSync(join(tmpdir(), 'shoal-versions-'))
try {
  if (values.home === undefined || !existsSync(home)) await fill()
  const at = performance.now()
  const node = await startNode(home)
  console.log(`start to answering: ${(performance.now() - at).toFixed(0)} ms`)
  const { client } = node
  // The network comes up behind the API, in this time.
  await setTimeout(NETWORK_MS)
  await looks(client)
  await bulk(client)
  console.log(`private memory of the node: ${(privateMemory(node.pid) / 2 ** 20).toFixed(0)} MiB`)
  await node.stop()
} finally {
  if (values.home === undefined) rmSync(home, { recursive: true, force: true })
}

/** Each dataset: a published version with a file, drafts, the last of them with a file. */
async function fill() {
  const at = performance.now()
  const node = await openNode({ folder: home, doing: 'bench' })
  for (let from = 0; from < DATASETS; from += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, DATASETS - from) }, (_, i) => fillOne(node, from + i)))
  }
  await node.close()
  console.log(`${DATASETS} datasets x ${VERSIONS} versions made in ${((performance.now() - at) / 1000).toFixed(1)} s`)
}

async function fillOne({ datasets, files, catalog }, n) {
  const ref = { namespace: `team-${n % 20}`, name: `set-${n}` }
  const description = `Pictures of the ${PLACES[n % PLACES.length]}, place ${n}. ${'Taken by the camera over the gate, every ten minutes, in all weathers. '.repeat(4)}`
  const made = await datasets.create({ ...ref, type: n % 3 === 0 ? 'image' : 'tabular', tags: [`tag-${n % 50}`, 'camera'], description })
  await files.write(ref, 'a.txt', (async function* () { yield Buffer.from(`${n}`) })())
  await datasets.publish(ref)
  if (VERSIONS > 2) await catalog.apply(made.id, Array.from({ length: VERSIONS - 2 }, (_, v) => draft(`1.${v + 1}.0`)))
  if (VERSIONS > 1) {
    const [first] = datasets.find(ref).versions
    await catalog.apply(made.id, [draft(`2.0.0`, { name: 'Current', mode: 'inherit', parents: [first.id], commit: hashFromHex(first.published.commit) })])
  }
}

function draft(number, more = {}) {
  const id = versionId(new Uint8Array(randomBytes(16)))
  return { change: 'version.create', version: { id, number, name: '', parents: [], mode: 'new', description: '', comment: '', metadata: {}, maskLabels: {}, ...more } }
}

async function looks(client) {
  const all = client.datasets
  let next
  await timed(`list ${DATASETS} datasets x ${VERSIONS} versions, page after page of 100`, async () => { next = (await all.list({ limit: 100, ...next ? { cursor: next } : {} })).next }, ROUNDS)
  await timed('filter them by type and tag', i => all.list({ type: 'tabular', tag: `tag-${i % 50}`, limit: 100 }), ROUNDS)
  await timed('filter them by namespace', i => all.list({ namespace: `team-${i % 20}`, limit: 100 }), ROUNDS)
  await timed('search them for two words', i => all.list({ q: `${PLACES[i % PLACES.length]} ${i}`, limit: 100 }), ROUNDS)
  await timed('search them for a word that is in all', () => all.list({ q: 'weathers', limit: 100 }), ROUNDS)
  await timed('search them for what is nowhere', i => all.list({ q: `nothing${i}`, limit: 100 }), ROUNDS)
  await timed('edit one, then list', async i => {
    await all.edit({ namespace: `team-${i % 20}`, name: `set-${i}` }, { description: `now ${i}` })
    await all.list({ limit: 100 })
  }, ROUNDS)
  await timed('show one', i => all.get({ namespace: `team-${i % 20}`, name: `set-${i}` }), ROUNDS)
  await timed('list the versions of one', i => client.versions.list({ namespace: `team-${i % 20}`, name: `set-${i}` }), ROUNDS)
  await timed('use over time of one', i => client.datasets.usage({ namespace: `team-${i % 20}`, name: `set-${i}` }), ROUNDS)
}

async function bulk(client) {
  const ref = { namespace: 'bulk', name: `versions-${randomBytes(4).toString('hex')}` }
  await client.datasets.create(ref)
  for (let i = 0; i < BULK; i++) await client.versions.create(ref, { mode: 'new', number: `2.${i}.0` })
  const versions = Array.from({ length: BULK }, (_, i) => `2.${i}.0`)
  for (const action of ['archive', 'restore', 'tag', 'archive', 'delete']) {
    const at = performance.now()
    const { done } = await client.versions.change(ref, { action, versions, ...action === 'tag' ? { add: ['golden'] } : {} })
    if (done !== BULK) throw new Error(`only ${done} versions were changed`)
    console.log(`${action} ${BULK} versions in one request: ${(performance.now() - at).toFixed(0)} ms`)
  }
}
