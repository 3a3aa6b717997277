import type { DatasetView, PublishedView, VersionView } from '../../src/catalog/index.ts'
import type { DatasetId, DeviceId, VersionId } from '../../src/model/index.ts'

const DEVICE = 'device-1' as DeviceId
const TIME = '2026-01-01T00:00:00.000Z'

/** A version's view for tests of rules; `published: true` fills in a record. */
export function versionView(fields: Partial<Omit<VersionView, 'published' | 'id' | 'parents'>> & { id: string, parents?: readonly string[], published?: boolean | Partial<PublishedView> }): VersionView {
  const { published, id, parents, ...rest } = fields
  const record: PublishedView | undefined = published === undefined || published === false ? undefined : {
    record: `record-of-${id}`, at: TIME, by: DEVICE, message: '', tree: `tree-of-${id}`, commit: `commit-of-${id}`, files: 1, links: 0, bytes: 1, holders: [DEVICE], clashes: [],
    ...published === true ? {} : published
  }
  return {
    number: '1.0.0', name: '', state: record === undefined ? 'draft' : 'published', heads: [], mode: 'new', description: '', comment: '', metadata: {}, maskLabels: {}, tags: [], notes: {},
    archived: false, createdAt: TIME, createdBy: DEVICE, updatedAt: TIME,
    ...rest,
    id: id as VersionId,
    parents: (parents ?? []) as VersionId[],
    ...record === undefined ? {} : { published: record }
  }
}

/** A dataset's view for tests of rules. */
export function datasetView(fields: Partial<Omit<DatasetView, 'id'>> & { id?: string } = {}): DatasetView {
  return {
    namespace: 'vision', name: 'pets', displayName: '', description: '', type: 'image', task: 'classification', format: 'others', status: 'ready', scenario: '', license: 'MIT',
    publicAccess: true, strictTypes: false, example: false, tags: [], registry: [], archived: false, createdAt: TIME, createdBy: DEVICE, updatedAt: TIME, revision: '1', versions: [],
    ...fields,
    id: (fields.id ?? 'dataset-1') as DatasetId
  }
}
