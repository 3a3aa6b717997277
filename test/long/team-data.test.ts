import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Node } from '../../src/daemon/node.ts'
import { parseDatasetRef, parseVersionRef } from '../../src/model/index.ts'
import { flipBit } from '../support/flip-bit.ts'
import { until } from '../support/until.ts'
import { WholeNodes } from '../support/whole-nodes.ts'

/** What whole nodes of a team hold of each other's data: real stores, real catalogs, real sockets, in one process. */

let nodes: WholeNodes
beforeEach(async () => { nodes = await WholeNodes.begin() })
afterEach(() => nodes.end())

const content = { 'large.bin': randomBytes(3_000_000), 'small.txt': Buffer.from('hello\n'), 'more/data.csv': Buffer.from('a,b\n1,2\n'.repeat(30_000)) }

/** A folder imported and published as `ns/<name>@1.0.0`. */
async function publish(node: Node, name: string, fields: { publicAccess?: boolean, registry?: readonly string[] } = {}): Promise<string> {
  const folder = nodes.path(`source-${name}`)
  for (const [path, bytes] of Object.entries(content)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  await node.datasets.create({ namespace: 'ns', name, ...fields })
  await node.files.import(folder, parseVersionRef(`ns/${name}`))
  await node.datasets.publish(parseVersionRef(`ns/${name}`))
  return `ns/${name}@1.0.0`
}

const knows = (node: Node, name: string): boolean => node.datasets.list().some(dataset => dataset.name === name && dataset.versions.some(version => version.published !== undefined))
const chunksOf = async (node: Node): Promise<number> => (await node.store.stats()).chunks

async function read(node: Node, ref: string, path: string, range?: { from: number, to: number }): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of (await node.files.read(parseVersionRef(ref), path, range)).bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('what is not held', () => {
  it('S5: is fetched when it is opened, and of a file only the chunks that are touched', async () => {
    const [a, b] = await nodes.team(['a', 'b']) as [Node, Node]
    await a.datasets.create({ namespace: 'ns', name: 'data' })
    await until(() => b.datasets.list().length === 1)
    await b.services.network.setKeep(parseDatasetRef('ns/data'), 'none')
    await rm(nodes.path('source-data'), { recursive: true, force: true })
    await mkdir(nodes.path('source-data', 'more'), { recursive: true })
    for (const [path, bytes] of Object.entries(content)) await writeFile(nodes.path('source-data', path), bytes)
    await a.files.import(nodes.path('source-data'), parseVersionRef('ns/data'))
    await a.datasets.publish(parseVersionRef('ns/data'))
    await until(() => knows(b, 'data'))
    const before = await chunksOf(b)
    expect((await b.files.list(parseVersionRef('ns/data@1.0.0'))).items.map(item => item.path)).toEqual(['large.bin', 'more', 'small.txt'])
    expect(Buffer.compare(await read(b, 'ns/data@1.0.0', 'large.bin', { from: 1_500_000, to: 1_500_100 }), content['large.bin'].subarray(1_500_000, 1_500_100))).toBe(0)
    const touched = await chunksOf(b) - before
    expect(touched).toBeGreaterThan(0)
    expect(touched).toBeLessThan(8)
    expect((await b.store.stats()).bytes).toBeLessThan(1_000_000)
    expect(Buffer.compare(await read(b, 'ns/data@1.0.0', 'large.bin'), content['large.bin'])).toBe(0)
    await b.files.checkout(parseVersionRef('ns/data@1.0.0'), nodes.path('target'))
    expect(Buffer.compare(await readFile(nodes.path('target', 'more/data.csv')), content['more/data.csv'])).toBe(0)
    await a.services.network.stop()
    await expect(read(b, 'ns/data@1.0.0', 'large.bin')).resolves.toBeDefined()
  })

  it('S5: says so when nobody can be asked', async () => {
    const [a, b] = await nodes.team(['a', 'b']) as [Node, Node]
    await a.datasets.create({ namespace: 'ns', name: 'other' })
    await until(() => b.datasets.list().length === 1)
    await b.services.network.setKeep(parseDatasetRef('ns/other'), 'none')
    await a.files.import(await sourceOf('x'), parseVersionRef('ns/other'))
    await a.datasets.publish(parseVersionRef('ns/other'))
    await until(() => knows(b, 'other'))
    await a.services.network.stop()
    await until(() => b.services.network.peers()[0]?.connected === false)
    await expect(read(b, 'ns/other@1.0.0', 'x')).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
  })
})

describe('publishing what others made', () => {
  it('L5: waits until all of the draft is here, with progress; when nobody can be asked, what is missing is said', async () => {
    const [a, b] = await nodes.team(['a', 'b']) as [Node, Node]
    const ref = parseVersionRef('ns/draft')
    await a.datasets.create({ namespace: 'ns', name: 'draft' })
    await until(() => b.datasets.list().length === 1)
    await b.services.network.setKeep(ref, 'none')
    await a.files.import(await sourceOf('one'), ref)
    await until(() => (b.datasets.resolve(ref).version.heads.length) === 1)
    const phases = new Set<string>()
    const { version } = await b.datasets.publish(ref, { progress: progress => phases.add(progress.phase) })
    expect([version.state, version.published?.files, phases.size > 1]).toEqual(['published', 1, true])
    await b.datasets.createVersion(ref, { mode: 'inherit', number: '1.1.0' })
    await until(() => a.datasets.find(ref).versions.length === 2)
    await a.files.import(await sourceOf('two'), { ...ref, version: '1.1.0' }, { add: true })
    await until(() => b.datasets.resolve({ ...ref, version: '1.1.0' }).version.heads.join() === a.datasets.resolve({ ...ref, version: '1.1.0' }).version.heads.join())
    await a.services.network.stop()
    await until(() => b.services.network.peers()[0]?.connected === false)
    await expect(b.datasets.publish({ ...ref, version: '1.1.0' })).rejects.toMatchObject({ code: 'VERSION_NOT_READY' })
    expect(b.datasets.resolve({ ...ref, version: '1.1.0' }).version.state).toBe('draft')
  })
})

async function sourceOf(name: string): Promise<string> {
  const folder = nodes.path(`one-${name}`)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), randomBytes(100_000))
  return folder
}

describe('receipts', () => {
  it('L1: tell on how many machines a version is safe, and where its registry falls short', async () => {
    const [a, b, c] = await nodes.team(['a', 'b', 'c']) as [Node, Node, Node]
    await a.datasets.create({ namespace: 'ns', name: 'data', registry: [a.catalog.device, c.catalog.device] })
    await until(() => c.datasets.list().length === 1 && b.datasets.list().length === 1)
    // What a machine of the registry holds is not its own choice.
    expect(c.services.network.keep(parseDatasetRef('ns/data'))).toBe('all')
    await expect(c.services.network.setKeep(parseDatasetRef('ns/data'), 'none')).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    await c.services.network.stop()
    await a.files.import(await sourceOf('one'), parseVersionRef('ns/data'))
    await a.datasets.publish(parseVersionRef('ns/data'))
    const seen = (node: Node) => node.services.network.replication()[0]
    await until(() => seen(a)?.holders.length === 2)
    expect(seen(a)).toMatchObject({ version: 'ns/data@1.0.0', holders: [a.catalog.device, b.catalog.device].sort(), members: 3, shortfall: [c.catalog.device] })
    await c.services.network.start()
    await until(() => seen(b)?.holders.length === 3, 20_000)
    expect(seen(b)).toMatchObject({ members: 3, shortfall: [] })
    // Out of the registry, it may choose again.
    await a.datasets.edit(parseDatasetRef('ns/data'), { registry: [a.catalog.device] })
    await until(() => c.services.network.keep(parseDatasetRef('ns/data')) === 'published')
    await c.services.network.setKeep(parseDatasetRef('ns/data'), 'none')
    expect(c.services.network.keep(parseDatasetRef('ns/data'))).toBe('none')
  })
})

describe('a private dataset', () => {
  it('K1: is neither listed nor fetched where it is not shared; sharing it brings it', async () => {
    const [a, b] = await nodes.team(['a', 'b']) as [Node, Node]
    await publish(a, 'secret', { publicAccess: false })
    await publish(a, 'open')
    await until(() => knows(b, 'open'))
    expect((await b.services.network.sync(undefined, { wait: true })).missing).toEqual([])
    expect(b.datasets.list().map(dataset => dataset.name)).toEqual(['open'])
    await a.datasets.edit(parseDatasetRef('ns/secret'), { registry: [b.catalog.device] })
    await until(() => knows(b, 'secret'))
    expect((await b.services.network.sync(undefined, { wait: true })).missing).toEqual([])
    expect(Buffer.compare(await read(b, 'ns/secret@1.0.0', 'large.bin'), content['large.bin'])).toBe(0)
  })
})

describe('damage', () => {
  it('S7: is healed from a peer that has the chunk', async () => {
    const [a, b] = await nodes.team(['a', 'b']) as [Node, Node]
    await publish(a, 'data')
    await until(() => knows(b, 'data'))
    await b.services.network.sync(undefined, { wait: true })
    await b.services.network.stop()
    const folder = nodes.path('b')
    await nodes.stop(b)
    await flipBit(join(folder, 'store'), content['large.bin'].subarray(1_000_000, 1_000_064))
    const again = await nodes.start('b')
    await until(() => again.services.network.peers()[0]?.connected === true)
    const found = await again.services.upkeep.verify(parseVersionRef('ns/data@1.0.0'))
    expect(found.damaged.length).toBeGreaterThan(0)
    const healed = await again.services.upkeep.verify(parseVersionRef('ns/data@1.0.0'), { repair: true })
    expect(healed.damaged).toEqual([])
    expect(healed.repaired).toBeGreaterThan(0)
    expect(Buffer.compare(await read(again, 'ns/data@1.0.0', 'large.bin'), content['large.bin'])).toBe(0)
  })
})

