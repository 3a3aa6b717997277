import type { Limits } from '../../../src/sync/index.ts'
import { createHash } from 'node:crypto'
import type { DatasetView, HistoryItem, VersionView } from '../../../src/catalog/index.ts'
import { fail } from '../../../src/errors/index.ts'
import type { DatasetId, DatasetRef, DeviceId, VersionId, VersionRef } from '../../../src/model/index.ts'
import type { Resolved } from '../../../src/datasets/index.ts'
import type { Entry } from '../../../src/trees/index.ts'

/** Everything the fake services hold, in memory: datasets, versions, and each version's entries and bytes. */

export interface Kept { readonly entry: Entry, readonly bytes: Uint8Array }

/** Stands in for BLAKE3: 32 bytes that follow from the content. */
export const fakeHash = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())

export const DEVICE = 'device-1' as DeviceId
const TIME = '2026-01-01T00:00:00.000Z'

export class World {
  readonly datasets = new Map<string, DatasetView>()
  readonly contents = new Map<VersionId, ReadonlyMap<string, Kept>>()
  readonly histories = new Map<DatasetId, HistoryItem[]>()
  readonly keeps = new Map<string, string>()
  limits: Limits = {}
  #ids = 0
  #revision = 0

  nextId(kind: string): string { return `${kind}${++this.#ids}` }

  find(ref: DatasetRef): DatasetView {
    return this.datasets.get(`${ref.namespace}/${ref.name}`) ?? fail('DATASET_NOT_FOUND', `there is no dataset ${ref.namespace}/${ref.name}`)
  }

  resolve(ref: VersionRef): Resolved {
    const dataset = this.find(ref)
    const published = dataset.versions.filter(version => version.state === 'published')
    const drafts = dataset.versions.filter(version => version.state === 'draft')
    const version = ref.version === undefined
      ? drafts.findLast(draft => draft.name === 'Current') ?? drafts.at(-1) ?? published.at(-1)
      : ref.version === 'latest' ? published.at(-1) : dataset.versions.find(one => [one.id, one.number, one.name].includes(ref.version ?? ''))
    return version === undefined ? fail('VERSION_NOT_FOUND', `${dataset.namespace}/${dataset.name} has no version ${ref.version ?? ''}`) : { dataset, version }
  }

  draft(ref: VersionRef): Resolved {
    const resolved = this.resolve(ref)
    if (resolved.version.state === 'published') fail('VERSION_PUBLISHED', `${resolved.version.number} is published`)
    return resolved
  }

  save(view: DatasetView, change: string): DatasetView {
    const saved = { ...view, revision: `r${++this.#revision}` }
    this.datasets.set(`${view.namespace}/${view.name}`, saved)
    this.histories.set(view.id, [...this.histories.get(view.id) ?? [], { at: TIME, by: DEVICE, change, detail: {} }])
    return saved
  }

  saveVersion({ dataset, version }: Resolved, fields: Partial<VersionView>, change: string): Resolved {
    const changed = { ...version, ...fields }
    const saved = this.save({ ...dataset, versions: dataset.versions.map(one => one.id === version.id ? changed : one) }, change)
    return { dataset: saved, version: changed }
  }

  filesOf(version: VersionView): ReadonlyMap<string, Kept> {
    return this.contents.get(version.id) ?? new Map()
  }

  newVersion(fields: Partial<VersionView>): VersionView {
    return {
      id: this.nextId('v') as VersionId, number: '1.0.0', name: '', state: 'draft', heads: [], parents: [], mode: 'new', description: '', comment: '', metadata: {}, maskLabels: {},
      tags: [], notes: {}, archived: false, createdAt: TIME, createdBy: DEVICE, updatedAt: TIME, ...fields
    }
  }

  newDataset(fields: Partial<DatasetView> & DatasetRef): DatasetView {
    return {
      id: this.nextId('d') as DatasetId, displayName: '', description: '', type: 'tabular', task: 'classification', format: 'csv', status: 'ready', scenario: '', license: 'MIT',
      publicAccess: true, strictTypes: false, example: false, tags: [], registry: [], archived: false, createdAt: TIME, createdBy: DEVICE, updatedAt: TIME, revision: 'r0', versions: [], ...fields
    }
  }

  /** Everything, as text: two equal ones mean that nothing changed. */
  fingerprint(): string {
    const contents = [...this.contents].map(([id, files]) => [id, [...files].map(([path, { bytes }]) => [path, Buffer.from(fakeHash(bytes)).toString('hex')])])
    return JSON.stringify([[...this.datasets], contents, [...this.keeps]])
  }
}
