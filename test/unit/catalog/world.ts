import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { type Catalog, type DatasetFields, type LiveCatalog, type NewVersion, createWorkspace, joinWorkspace, openCatalog } from '../../../src/catalog/index.ts'
import { type DatasetId, type VersionId, versionId } from '../../../src/model/index.ts'
import { type Log, manualClock, seededChance, silentLog } from '../../../src/runtime/index.ts'
import { type Device, deviceFromSeed } from '../../../src/trust/index.ts'

const endings: (() => Promise<void>)[] = []
afterEach(async () => { for (const end of endings.splice(0).toReversed()) await end() })

export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-catalog-'))
  endings.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export const device = (n: number): Device => deviceFromSeed(new Uint8Array(32).fill(n))
export const clock = manualClock()

export const options = (folder: string, n: number, log: Log = silentLog) => ({ folder: join(folder, `catalog-${n}`), device: device(n), clock, chance: seededChance(n), log })

const closing = <C extends LiveCatalog>(catalog: C): C => {
  endings.push(() => catalog.close())
  return catalog
}

export const found = async (folder: string): Promise<LiveCatalog> => closing(await createWorkspace({ ...options(folder, 1), name: 'one' }))
export const reopen = async (folder: string, n: number, log?: Log): Promise<LiveCatalog> => closing(await openCatalog(options(folder, n, log)))

/** A second device: a member, with an empty catalog. */
export async function join2(folder: string, first: LiveCatalog, n: number, role: 'admin' | 'writer' | 'reader' = 'writer'): Promise<LiveCatalog> {
  await first.addMember({ id: device(n).id, name: `device ${n}`, role, addresses: [] })
  const catalog = closing(await joinWorkspace({ ...options(folder, n), genesis: await first.genesis() }))
  await send(first, catalog)
  return catalog
}

/** Every envelope a catalog has. */
export async function all(from: Catalog): Promise<Uint8Array[]> {
  const logs = await Promise.all((await from.logHeads()).map(head => from.envelopes(head.document, head.device, 0, 100_000)))
  return logs.flat()
}

export const send = async (from: Catalog, to: Catalog) => to.admit(await all(from))

export const fields = (name: string): DatasetFields => ({
  namespace: 'team', name, displayName: name, description: '', type: 'image', task: '', format: '', status: '', scenario: '', license: '', publicAccess: true, strictTypes: false,
  example: false, registry: []
})

let versions = 0
export const version = (changes: Partial<NewVersion> = {}): NewVersion => ({
  id: versionId(seededChance(++versions + 7000).bytes(16)), number: '1.0.0', name: 'Current', description: '', comment: '', metadata: {}, maskLabels: {}, parents: [], mode: 'new', ...changes
})

export const hash = (n: number): Uint8Array => new Uint8Array(32).fill(n)

export const publishing = (dataset: DatasetId, of: VersionId, number = '1.0.0', tree = 1) =>
  ({ dataset, version: of, number, name: 'first', tree: hash(tree), commit: hash(tree), files: 1, links: 0, bytes: 5, parents: [], message: 'done' })
