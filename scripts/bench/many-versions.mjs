// `node scripts/bench/many-versions.mjs [--datasets 10000] [--versions 20]`: lists, filters and searches of a large catalog over HTTP, and bulk
// changes of 1,000 versions. Prints medians in milliseconds.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from './measure.mjs'

const { values } = parseArgs({ options: { datasets: { type: 'string', default: '10000' }, versions: { type: 'string', default: '20' } } })
const [DATASETS, VERSIONS] = [Number(values.datasets), Number(values.versions)]
/** Datasets made at the same time: they share flushes. */
const AT_ONCE = 200
const BULK = 1000
const { openNode } = await import('../../dist/daemon/index.js')
const { createClient, loadApp } = await import('../../dist/http/index.js')
const { versionId } = await import('../../dist/model/index.js')
const { randomBytes } = await import('node:crypto')

const home = mkdtempSync(join(tmpdir(), 'shoal-versions-'))
try {
  const node = await openNode({ folder: home, doing: 'bench' })
  const { createApp, inProcessFetch } = await loadApp()
  const client = createClient({ baseUrl: 'http://127.0.0.1', token: node.home.token, fetch: inProcessFetch(createApp(node.services, { token: node.home.token })) })
  await fill(node)
  await timed(`list a page of 100 of ${DATASETS} datasets x ${VERSIONS} versions`, () => client.datasets.list({ limit: 100 }))
  await timed('filter them by type and tag', () => client.datasets.list({ type: 'image', tag: 'tag-7', limit: 100 }))
  await timed('search them for two words', () => client.datasets.list({ q: 'pictures 77', limit: 100 }))
  await timed('list the versions of one', () => client.versions.list({ namespace: 'many', name: 'set-5' }))
  await bulk(node, client)
  await node.close()
} finally {
  rmSync(home, { recursive: true, force: true })
}

async function fill(node) {
  const at = performance.now()
  for (let from = 0; from < DATASETS; from += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, DATASETS - from) }, async (_, i) => {
      const n = from + i
      const made = await node.datasets.create({ namespace: 'many', name: `set-${n}`, type: n % 3 === 0 ? 'image' : 'tabular', tags: [`tag-${n % 50}`], description: `pictures of place ${n}` })
      if (VERSIONS > 1) await node.catalog.apply(made.id, Array.from({ length: VERSIONS - 1 }, (_, v) => create(`1.${v + 1}.0`)))
    }))
  }
  console.log(`filled in ${((performance.now() - at) / 1000).toFixed(1)} s`)
}

function create(number) {
  const id = versionId(new Uint8Array(randomBytes(16)))
  return { change: 'version.create', version: { id, number, name: '', parents: [], mode: 'new', description: '', comment: '', metadata: {}, maskLabels: {} } }
}

async function bulk(node, client) {
  const ref = { namespace: 'bulk', name: 'versions' }
  const made = await node.datasets.create(ref)
  for (let from = 0; from < BULK; from += 250) await node.catalog.apply(made.id, Array.from({ length: 250 }, (_, i) => create(`2.${from + i}.0`)))
  const versions = Array.from({ length: BULK }, (_, i) => `2.${i}.0`)
  for (const action of ['archive', 'restore']) {
    const at = performance.now()
    const { done } = await client.versions.change(ref, { action, versions })
    if (done !== BULK) throw new Error(`only ${done} versions were changed`)
    console.log(`${action} ${BULK} versions in one request: ${(performance.now() - at).toFixed(0)} ms`)
  }
}

async function timed(what, work) {
  const times = []
  for (let i = 0; i < 15; i++) {
    const at = performance.now()
    await work()
    times.push(performance.now() - at)
  }
  console.log(`${what}: ${median(times).toFixed(1)} ms (first ${times[0].toFixed(1)})`)
}
