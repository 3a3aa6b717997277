import { HASH_BYTES, type DatasetId, type Hash, type VersionId } from '../model/index.ts'
import { Fields, toCbor } from './cbor.ts'

const FORMAT = 1
const MAX_ID = 128
const MAX_NAME = 400
const MAX_MESSAGE = 20_000
const MAX_PARENTS = 256

/** The immutable statement that a version is this tree. Signed as the body of an envelope; its name is that envelope's hash. */
export interface PublishRecord {
  readonly dataset: DatasetId
  readonly version: VersionId
  readonly number: string
  readonly name: string
  readonly tree: Hash
  readonly commit: Hash
  readonly files: number
  readonly links: number
  readonly bytes: number
  /** Names (hex) of the records of the versions it comes from. */
  readonly parents: readonly string[]
  readonly message: string
}

export const writePublishRecord = (record: PublishRecord): Uint8Array => toCbor([
  FORMAT, record.dataset, record.version, record.number, record.name, record.tree, record.commit, record.files, record.links, record.bytes, record.parents, record.message
])

/** @throws FORMAT_INVALID */
export function readPublishRecord(bytes: Uint8Array): PublishRecord {
  const fields = new Fields('a publish record', bytes, 12)
  fields.version(FORMAT)
  return {
    dataset: fields.text(MAX_ID) as DatasetId,
    version: fields.text(MAX_ID) as VersionId,
    number: fields.text(MAX_NAME),
    name: fields.text(MAX_NAME),
    tree: fields.bytes(HASH_BYTES),
    commit: fields.bytes(HASH_BYTES),
    files: fields.whole(),
    links: fields.whole(),
    bytes: fields.whole(),
    parents: fields.texts(MAX_PARENTS, 64),
    message: fields.text(MAX_MESSAGE)
  }
}
