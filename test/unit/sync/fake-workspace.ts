import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'cborg'
import type { Catalog, DatasetView, MemberView, PublishedView } from '../../../src/catalog/index.ts'
import { createIngester, createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import type { Datasets } from '../../../src/datasets/index.ts'
import { fail } from '../../../src/errors/index.ts'
import { formatDatasetRef, hashToHex, type DatasetId, type DatasetRef, type DeviceId, type VersionId, type VersionRef, type WorkspaceId } from '../../../src/model/index.ts'
import { createLog, Events, seededChance, silentLog, systemChance, systemClock } from '../../../src/runtime/index.ts'
import { createNetwork, type Network, type NetworkDeps, type Welcome, type Workspace } from '../../../src/sync/index.ts'
import { putChunkList, writeCommit, writeTree, type FileEntry } from '../../../src/trees/index.ts'
import { deviceFromSeed, makeGenesis, readGenesis, workspaceOf, type Device } from '../../../src/trust/index.ts'
import { FakeCatalog } from './support.ts'

/**
 * A catalog whose logs say things in JSON: in `workspace` who is a member, elsewhere what a dataset looks like (the last of any log
 * holds). Enough for the network; nothing is signed.
 */
export class FakeWorkspace extends FakeCatalog {
  readonly workspace: WorkspaceId
  readonly device: DeviceId
  readonly receipts: string[] = []
  readonly genesis: Uint8Array

  constructor(genesis: Uint8Array, device: DeviceId) {
    super()
    this.genesis = genesis
    this.workspace = workspaceOf(genesis)
    this.device = device
    this.onChange(() => undefined)
  }

  override onChange(listener: (change: { dataset?: string, own: boolean }) => void): () => void {
    return super.onChange(change => listener(change.dataset === 'workspace' ? { own: change.own } : change))
  }

  members(): MemberView[] {
    const founder = readGenesis(this.genesis).founder
    const members = new Map<string, MemberView>([[founder, memberView(founder, 'founder', 'admin')]])
    for (const said of this.#said('workspace')) {
      const member = JSON.parse(said) as MemberView
      members.set(member.id, member)
    }
    return [...members.values()]
  }

  async addMember(member: Pick<MemberView, 'id' | 'name' | 'role' | 'addresses'>): Promise<void> {
    this.write('workspace', this.device, JSON.stringify({ ...memberView(member.id, member.name, member.role), addresses: member.addresses }))
  }

  async removeMember(id: DeviceId): Promise<void> {
    this.write('workspace', this.device, JSON.stringify({ ...memberView(id, 'gone', 'writer'), removed: true }))
  }

  datasets(): DatasetView[] {
    const documents = new Set([...this.logs.keys()].map(key => key.split(' ')[0] ?? '').filter(document => document !== 'workspace'))
    return [...documents].flatMap(document => this.dataset(document as DatasetId) ?? [])
  }

  dataset(id: DatasetId): DatasetView | undefined {
    const last = id as string === 'workspace' ? undefined : this.#said(id).at(-1)
    return last === undefined ? undefined : JSON.parse(last) as DatasetView
  }

  mayRead(document: string, device: DeviceId): boolean {
    const dataset = this.dataset(document as DatasetId)
    return dataset === undefined || dataset.publicAccess || dataset.createdBy === device
  }

  async receipt(id: DatasetId, record: string): Promise<void> {
    this.receipts.push(`${id} ${record}`)
  }

  put(dataset: DatasetView): void {
    this.write(dataset.id, this.device, JSON.stringify(dataset))
  }

  /** All that logs of a document say; of several devices', in the order of their lengths. */
  #said(document: string): string[] {
    const logs = [...this.logs].filter(([key]) => key.startsWith(`${document} `)).map(([, log]) => log)
    return logs.sort((a, b) => a.length - b.length).flat().map(bytes => (decode(bytes) as { text: string }).text)
  }
}

const memberView = (id: DeviceId, name: string, role: MemberView['role']): MemberView => ({ id, name, role, addresses: [], addedAt: '', addedBy: id, removed: false })

export function datasetView(name: string, by: DeviceId, published: readonly PublishedView[], fields: Partial<DatasetView> = {}): DatasetView {
  return {
    id: `id-${name}` as DatasetId, namespace: 'ns', name, displayName: '', description: '', type: 'tabular', task: '', format: '', status: 'ready', scenario: '', license: '',
    publicAccess: true, strictTypes: false, example: false, tags: [], registry: [], archived: false, createdAt: '', createdBy: by, updatedAt: '', revision: '',
    versions: published.map((record, i) => ({
      id: `v${i}` as VersionId, number: `1.${i}.0`, name: '', state: 'published', heads: [], parents: [], mode: 'new', description: '', comment: '', metadata: {}, maskLabels: {}, tags: [], notes: {},
      archived: false, createdAt: '', createdBy: by, updatedAt: '', published: record
    })),
    ...fields
  }
}

/** Just what the network asks of datasets. */
function datasetsOf(catalog: FakeWorkspace): Datasets {
  const find = (ref: DatasetRef): DatasetView => catalog.datasets().find(dataset => formatDatasetRef(dataset) === formatDatasetRef(ref)) ?? fail('DATASET_NOT_FOUND', 'no such dataset')
  return {
    find,
    resolve: (ref: VersionRef) => {
      const dataset = find(ref)
      return { dataset, version: dataset.versions.find(version => version.number === ref.version) ?? dataset.versions.at(-1) ?? fail('VERSION_NOT_FOUND', 'no such version') }
    }
  } as unknown as Datasets
}

export interface TestNode {
  readonly device: Device
  readonly store: ChunkStore
  readonly network: Network
  readonly events: Events
  readonly folder: string
  readonly welcomes: Welcome[]
  catalog: FakeWorkspace
  stop(): Promise<void>
}

let made = 0

/** A whole node but for its catalog: a network over real sockets, a real store, a folder. */
export async function testNode(options: Partial<Omit<NetworkDeps, keyof Workspace>> & { seed?: number, workspace?: FakeWorkspace } = {}): Promise<TestNode> {
  const device = options.device ?? deviceFromSeed(seededChance(options.seed ?? 1000 + made++).bytes(32))
  const folder = options.folder ?? await mkdtemp(join(tmpdir(), 'shoal-network-'))
  const store = options.store ?? createMemoryStore()
  const events = new Events(() => systemClock.now())
  const welcomes: Welcome[] = []
  const workspaceFrom = (catalog: FakeWorkspace): Workspace => ({ catalog: catalog as unknown as Catalog, datasets: datasetsOf(catalog), genesis: catalog.genesis })
  const catalog = options.workspace ?? new FakeWorkspace(makeGenesis(device, 'founder', 1, systemChance.bytes(16)), device.id)
  const deps: NetworkDeps = {
    store, device, name: `node ${device.id.slice(-4)}`, agent: 'shoal/test', clock: systemClock, chance: systemChance, log: process.env['SHOAL_TEST_LOG'] === undefined ? silentLog : createLog({ level: 'debug', clock: systemClock, write: line => process.stderr.write(`${device.id.slice(-4)} ${line}`) }), events, folder,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    adoptWorkspace: async welcome => {
      welcomes.push(welcome)
      node.catalog = new FakeWorkspace(welcome.genesis, device.id)
      await node.catalog.admit(welcome.envelopes)
      return workspaceFrom(node.catalog)
    },
    ...options,
    ...workspaceFrom(catalog)
  }
  const node: TestNode = {
    device, store, events, folder, welcomes, catalog,
    network: await createNetwork(deps),
    stop: async () => {
      await node.network.stop()
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    }
  }
  return node
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Puts files with invented content into a store. @returns what a publish record says of them */
export async function publishFiles(store: ChunkStore, by: DeviceId, files: Readonly<Record<string, Uint8Array>>): Promise<PublishedView> {
  const ingester = createIngester(store)
  const entries: FileEntry[] = []
  for (const path of Object.keys(files).sort()) {
    const { size, hash, profile, chunks } = await ingester.stream(pieces(files[path] ?? new Uint8Array(0)))
    entries.push({ kind: 'file', path, size, hash, executable: false, profile, content: await putChunkList(store, chunks) })
  }
  const { root: tree } = await writeTree(store, entries)
  const commit = await writeCommit(store, { tree, parents: [], by, at: 1, message: 'test' })
  await store.barrier()
  const bytes = entries.reduce((sum, entry) => sum + entry.size, 0)
  return { record: hashToHex(commit), at: '', by, message: '', tree: hashToHex(tree), commit: hashToHex(commit), files: entries.length, links: 0, bytes, holders: [by], clashes: [] }
}
