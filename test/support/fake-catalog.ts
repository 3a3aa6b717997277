import type { Catalog, CatalogChange, DatasetView, HistoryItem, VersionView } from '../../src/catalog/index.ts'
import { fail } from '../../src/errors/index.ts'
import { type DatasetId, type DeviceId, type WorkspaceId, datasetId, hashToHex } from '../../src/model/index.ts'
import type { Clock } from '../../src/runtime/index.ts'

/** What tests ask of the fake beyond a catalog. */
export interface FakeCatalog extends Catalog {
  /** Runs before each durable change; may wait or throw, as a disk does. */
  beforeChange: () => Promise<void>
  /** Durable changes made so far: one a flush. */
  readonly flushes: () => number
  /** Changes a view as a peer's envelope would. */
  foreign(id: DatasetId, change: (view: DatasetView) => DatasetView): void
}

/** A catalog in memory that does what the contract says, without envelopes: for tests that need thousands of changes or a disk that fails. */
export function fakeCatalog(clock: Clock, device = 'device-1'): FakeCatalog {
  const views = new Map<DatasetId, DatasetView>()
  const items = new Map<DatasetId, HistoryItem[]>()
  const listeners = new Set<(change: { dataset?: DatasetId, own: boolean }) => void>()
  const by = device as DeviceId
  let made = 0
  let revisions = 0
  const at = (): string => new Date(clock.now()).toISOString()

  const keep = (view: DatasetView, own = true): DatasetView => {
    const kept = { ...view, revision: String(++revisions), updatedAt: at() }
    views.set(view.id, kept)
    for (const listener of listeners) listener({ dataset: view.id, own })
    return kept
  }
  const note = (id: DatasetId, item: Pick<HistoryItem, 'change' | 'version' | 'detail'>): void => {
    items.set(id, [...items.get(id) ?? [], { at: at(), by, ...item }])
  }
  const need = (id: DatasetId): DatasetView => views.get(id) ?? fail('DATASET_NOT_FOUND', `no dataset ${id}`)

  const fake: FakeCatalog = {
    workspace: 'workspace-1' as WorkspaceId,
    device: by,
    beforeChange: async () => undefined,
    flushes: () => made,
    foreign: (id, change) => { keep(change(need(id)), false) },
    members: () => [{ id: by, name: 'me', role: 'admin', addresses: [], addedAt: at(), addedBy: by, removed: false }],
    datasets: () => [...views.values()].sort((a, b) => `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1),
    dataset: id => views.get(id),
    create: async (fields, tags, first) => {
      await fake.beforeChange()
      if ([...views.values()].some(view => view.namespace === fields.namespace && view.name === fields.name)) fail('DATASET_EXISTS', 'taken')
      made++
      const id = datasetId(Uint8Array.from({ length: 16 }, (_, i) => (made >> i * 8) & 255))
      const { commit: _none, ...version } = first
      const view: DatasetView = { ...fields, id, tags, archived: false, createdAt: at(), createdBy: by, updatedAt: at(), revision: '', versions: [newVersion({ ...version, heads: [] }, at(), by)] }
      note(id, { change: 'dataset.create', detail: {} })
      return keep(view)
    },
    apply: async (id, changes) => {
      await fake.beforeChange()
      const view = changes.reduce((view, change) => applied(view, change, at(), by), need(id))
      made++
      for (const change of changes) note(id, { change: change.change, detail: {}, ...'version' in change ? { version: typeof change.version === 'string' ? change.version : change.version.id } : {} })
      if (changes.some(change => change.change === 'dataset.delete')) views.delete(id)
      else keep(view)
      return view
    },
    publish: async request => {
      await fake.beforeChange()
      const view = need(request.dataset)
      const version = view.versions.find(version => version.id === request.version) ?? fail('VERSION_NOT_FOUND', 'gone')
      if (version.published !== undefined) fail('VERSION_PUBLISHED', 'published')
      if (view.versions.some(other => other.published !== undefined && other.number === request.number)) fail('VERSION_EXISTS', 'taken')
      made++
      note(view.id, { change: 'version.publish', version: version.id, detail: { number: request.number } })
      const published = { record: `record-${made}`, at: at(), by, message: request.message, tree: hashToHex(request.tree), commit: hashToHex(request.commit), files: request.files, links: request.links, bytes: request.bytes, holders: [by], clashes: [] }
      return keep({ ...view, versions: view.versions.map(other => other.id === version.id ? { ...version, state: 'published', number: request.number, name: request.name, heads: [published.commit], published } : other) })
    },
    firstSeen: () => undefined,
    refusals: () => [],
    receipt: async () => undefined,
    history: async id => items.get(id) ?? [],
    onChange: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    logHeads: async () => [],
    mayRead: () => true,
    envelopes: async () => [],
    admit: async () => ({ admitted: 0, known: 0, refused: [] }),
    addMember: async () => undefined,
    setRole: async () => undefined,
    removeMember: async () => undefined,
    close: async () => undefined
  }
  return fake
}

function newVersion(fields: Omit<VersionView, 'state' | 'tags' | 'notes' | 'archived' | 'createdAt' | 'createdBy' | 'updatedAt'>, at: string, by: DeviceId): VersionView {
  return { ...fields, state: 'draft', tags: [], notes: {}, archived: false, createdAt: at, createdBy: by, updatedAt: at }
}

const retag = (tags: readonly string[], change: { add: readonly string[], remove: readonly string[] }): readonly string[] =>
  [...new Set([...tags, ...change.add])].filter(tag => !change.remove.includes(tag)).sort()

function applied(view: DatasetView, change: CatalogChange, at: string, by: DeviceId): DatasetView {
  const edit = (id: string, edit: (version: VersionView) => Partial<VersionView>): DatasetView => {
    if (!view.versions.some(version => version.id === id)) fail('VERSION_NOT_FOUND', `no version ${id}`)
    return { ...view, versions: view.versions.map(version => version.id === id ? { ...version, ...edit(version), updatedAt: at } : version) }
  }
  switch (change.change) {
    case 'dataset.edit': return { ...view, ...change.fields }
    case 'dataset.archive': return { ...view, archived: change.archived }
    case 'dataset.delete': return view
    case 'dataset.tag': return { ...view, tags: retag(view.tags, change) }
    case 'version.create': {
      const { commit, ...version } = change.version
      return { ...view, versions: [...view.versions, newVersion({ ...version, heads: commit === undefined ? [] : [hashToHex(commit)] }, at, by)] }
    }
    case 'version.edit': return edit(change.version, () => change.fields)
    case 'version.tag': return edit(change.version, version => ({ tags: retag(version.tags, change) }))
    case 'version.renumber': return edit(change.version, () => ({ number: change.number }))
    case 'version.note': return edit(change.version, version => ({ notes: Object.fromEntries(Object.entries({ ...version.notes, ...change.notes }).filter(([, note]) => note !== null)) }))
    case 'version.archive': return edit(change.version, () => ({ archived: change.archived }))
    case 'version.delete': return { ...view, versions: view.versions.filter(version => version.id !== change.version) }
    case 'draft.commit': return edit(change.version, version => {
      if (version.state === 'published') fail('VERSION_PUBLISHED', 'published')
      if (change.over.some(head => !version.heads.includes(head))) fail('EDIT_CONFLICT', 'moved on')
      return { heads: [...version.heads.filter(head => !change.over.includes(head)), hashToHex(change.commit)] }
    })
  }
}
