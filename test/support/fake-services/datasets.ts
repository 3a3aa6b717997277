import { type ChangeCounts, type Datasets, Leases, type NotesDeps, RunBook, createIssues } from '../../../src/datasets/index.ts'
import { fail, toShoalError } from '../../../src/errors/index.ts'
import type { DatasetView } from '../../../src/catalog/index.ts'
import { DATASET_RULES, isVersionNumber, readFields, refuseProblems, type DatasetRef, type VersionRef } from '../../../src/model/index.ts'
import type { TreeChange } from '../../../src/trees/index.ts'
import { manualClock, seededChance } from '../../../src/runtime/index.ts'
import { DEVICE, type World } from './world.ts'

function needRevision({ revision }: DatasetView, ifMatch: string | undefined): void {
  if (ifMatch !== undefined && ifMatch !== revision) fail('EDIT_CONFLICT', 'it was changed', { revision })
}

/** `Datasets` in memory: the outline of its rules, enough to see whether HTTP carries them right. */
export function fakeDatasets(world: World): Datasets {
  const tags = (given: readonly string[] | undefined): readonly string[] => [...new Set(given ?? [])].sort()
  const publish = async (ref: VersionRef, options: { as?: string, message?: string } = {}) => {
    const { dataset, version } = world.draft(ref)
    const number = options.as ?? version.number
    if (!isVersionNumber(number)) fail('FIELD_INVALID', `"${number}" is not a version number`, { field: 'as' })
    if (dataset.versions.some(one => one.state === 'published' && one.number === number)) fail('VERSION_EXISTS', `${number} is published already`)
    const files = [...world.filesOf(version).values()].filter(kept => kept.entry.kind === 'file')
    const published = {
      record: 'ab'.repeat(32), at: version.createdAt, by: version.createdBy, message: options.message ?? '', tree: 'cd'.repeat(32), commit: 'ef'.repeat(32),
      files: files.length, links: 0, bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0), holders: [version.createdBy], clashes: []
    }
    return world.saveVersion({ dataset, version }, { state: 'published', number, published }, 'version.publish')
  }
  const createVersion: Datasets['createVersion'] = async (ref, input) => {
    const dataset = world.find(ref)
    const number = input.number ?? `1.${dataset.versions.length}.0`
    if (!isVersionNumber(number)) fail('FIELD_INVALID', `"${number}" is not a version number`, { field: 'number' })
    const taken = dataset.versions.find(one => one.number === number || (input.name !== undefined && one.name === input.name))
    if (taken !== undefined) fail('VERSION_EXISTS', `there is a version ${number} already`, { version: taken.id })
    const parents = (input.from ?? []).map(from => world.resolve({ namespace: dataset.namespace, name: dataset.name, version: from }).version)
    if (parents.some(parent => parent.state === 'draft')) fail('VERSION_IS_DRAFT', 'a parent is a draft')
    const { from: _, ...fields } = input
    const version = world.newVersion({ ...fields, number, parents: parents.map(parent => parent.id) })
    const [parent] = parents
    if (parent !== undefined && input.mode === 'inherit') world.contents.set(version.id, world.filesOf(parent))
    return { dataset: world.save({ ...dataset, versions: [...dataset.versions, version] }, 'version.create'), version }
  }
  async function* diff(before: VersionRef, after: VersionRef): AsyncGenerator<TreeChange> {
    const [old, now] = [world.filesOf(world.resolve(before).version), world.filesOf(world.resolve(after).version)]
    for (const path of [...new Set([...old.keys(), ...now.keys()])].sort()) {
      const [was, is] = [old.get(path), now.get(path)]
      if (was?.bytes === is?.bytes) continue
      yield { path, ...was === undefined ? {} : { before: was.entry }, ...is === undefined ? {} : { after: is.entry } }
    }
  }
  const notes: NotesDeps = {
    device: DEVICE, clock: manualClock(), chance: seededChance(5), datasets: () => [...world.datasets.values()], resolve: ref => world.resolve(ref),
    tree: async () => new Uint8Array(32),
    note: async (dataset, version, changed) => {
      const view = [...world.datasets.values()].find(view => view.id === dataset) ?? fail('DATASET_NOT_FOUND', dataset)
      const found = view.versions.find(one => one.id === version) ?? fail('VERSION_NOT_FOUND', version)
      world.saveVersion({ dataset: view, version: found }, { notes: Object.fromEntries(Object.entries({ ...found.notes, ...changed }).filter(([, note]) => note !== null)) }, 'version.note')
    },
    setStatus: async (dataset, status) => {
      const view = [...world.datasets.values()].find(view => view.id === dataset)
      if (view !== undefined) world.save({ ...view, status }, 'dataset.edit')
    }
  }
  return {
    runs: new RunBook(notes),
    issues: createIssues(notes),
    changeVersions: async (ref, { action, add = [], remove = [], versions = world.find(ref).versions.map(version => version.id) }) => versions.map(version => {
      try {
        const resolved = world.resolve({ namespace: ref.namespace, name: ref.name, version })
        if (action === 'tag') world.saveVersion(resolved, { tags: [...new Set([...resolved.version.tags, ...add])].filter(tag => !remove.includes(tag)) }, 'version.tag')
        else if (action !== 'delete') world.saveVersion(resolved, { archived: action === 'archive' }, 'version.archive')
        return { version, id: resolved.version.id }
      } catch (error) {
        return { version, error: toShoalError(error).toWire() }
      }
    }),
    leases: new Leases(),
    list: query => [...world.datasets.values()]
      .filter(view => (query?.q === undefined || `${view.name} ${view.description}`.includes(query.q)) && (query?.tag === undefined || view.tags.includes(query.tag)))
      .filter(view => (query?.type ?? view.type) === view.type && (query?.namespace ?? view.namespace) === view.namespace && view.archived === (query?.archived ?? false))
      .sort((a, b) => `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1),
    find: ref => world.find(ref),
    create: async input => {
      const { problems } = readFields(input, DATASET_RULES, 'dataset')
      refuseProblems(problems)
      if (world.datasets.has(`${input.namespace}/${input.name}`)) fail('DATASET_EXISTS', `there is a dataset ${input.namespace}/${input.name} already`)
      const { version = '1.0.0', ...fields } = input
      return world.save(world.newDataset({ ...fields, tags: tags(input.tags), registry: [], versions: [world.newVersion({ number: version, name: 'Current' })] }), 'dataset.create')
    },
    edit: async (ref, fields, ifMatch) => {
      const view = world.find(ref)
      needRevision(view, ifMatch)
      for (const field of ['namespace', 'name', 'version', 'type', 'task', 'format']) if (field in fields) fail('FIELD_FIXED', `the ${field} can not be changed`, { field })
      return world.save({ ...view, ...fields as Partial<DatasetView>, tags: tags(fields.tags ?? view.tags) }, 'dataset.edit')
    },
    archive: async (ref, archived) => world.save({ ...world.find(ref), archived }, 'dataset.archive'),
    remove: async (ref: DatasetRef, options = {}) => {
      const view = world.find(ref)
      const used = view.versions.filter(version => version.state === 'published' || world.filesOf(version).size > 0)
      if (used.length > 0 && options.allVersions !== true) fail('DATASET_NOT_EMPTY', 'it holds versions')
      if (used.some(version => version.state === 'published') && options.force !== true) fail('DATASET_NOT_EMPTY', 'it holds published versions')
      world.datasets.delete(`${view.namespace}/${view.name}`)
    },
    versions: (ref, filter) => world.find(ref).versions.filter(version => (filter?.state ?? version.state) === version.state && version.archived === (filter?.archived ?? false)),
    resolve: ref => world.resolve(ref),
    createVersion,
    editVersion: async (ref, fields, ifMatch) => {
      needRevision(world.find(ref), ifMatch)
      return world.saveVersion(world.resolve(ref), { ...fields, ...fields.tags === undefined ? {} : { tags: tags(fields.tags) } }, 'version.edit')
    },
    undo: async (ref, head) => {
      const draft = world.draft(ref)
      return draft.version.heads[0] === head ? draft : fail('EDIT_CONFLICT', 'the draft was changed again since')
    },
    archiveVersion: async (ref, archived) => world.saveVersion(world.resolve(ref), { archived }, 'version.archive'),
    removeVersion: async (ref, options = {}) => {
      const { dataset, version } = world.resolve(ref)
      if (version.state === 'published' && options.force !== true) fail('VERSION_PUBLISHED', `${version.number} is published`)
      world.save({ ...dataset, versions: dataset.versions.filter(one => one.id !== version.id) }, 'version.delete')
    },
    publish,
    snapshot: async (ref, options = {}) => {
      const current = world.draft({ ...ref, version: 'Current' })
      const named = world.saveVersion(current, { name: options.publishName ?? 'snapshot 2026' }, 'version.edit')
      const published = await publish({ ...ref, version: named.version.id })
      const child = await createVersion(ref, {
        name: options.childName ?? 'Current', mode: 'inherit', from: [published.version.id], comment: options.childComment ?? '', metadata: options.childMetadata ?? {}
      })
      return { published: { dataset: child.dataset, version: published.version }, child }
    },
    tree: async () => new Uint8Array(32),
    stats: async version => {
      const files = [...world.filesOf(version).values()].filter(kept => kept.entry.kind === 'file')
      return { files: files.length, links: 0, bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0) }
    },
    commit: async () => fail('INTERNAL', 'HTTP commits nothing itself'),
    conflicts: async () => [],
    settle: async (_ref, path) => fail('FILE_NOT_FOUND', `there is no conflict at "${path}"`),
    diff,
    changes: async (version, dataset): Promise<ChangeCounts> => {
      const [parent] = version.parents
      const old = parent === undefined ? new Map() : world.contents.get(parent) ?? new Map()
      const now = world.filesOf(version)
      return { added: [...now.keys()].filter(path => !old.has(path)).length, modified: 0, removed: [...old.keys()].filter(path => !now.has(path)).length, bytes: dataset.versions.length }
    },
    storedSize: async () => ({ chunks: 3, bytes: 300, added: { chunks: 1, bytes: 100 } }),
    log: async ref => world.histories.get(world.resolve(ref).dataset.id) ?? [],
    roots: async () => ({ trees: [], whole: [], commits: [] }),
    versionById: () => undefined
  }
}

