import { HASH_BYTES, type DatasetId, type Hash, type VersionId } from '../model/index.ts'
import { Fields, type Plain, toCbor } from './cbor.ts'

const FORMAT = 1

/** Ids are 128 bits in base32. */
const ID = /^[a-z2-7]{26}$/
/** Semantic Versioning 2.0.0, without a length of its own: fixed here, for what a record may say must never depend on a library's release. */
const NUMBER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/
/** Characters. */
const MAX_NUMBER = 64
/** Whether a record may state a number. */
export const isSealedNumber = (text: string): boolean => text.length <= MAX_NUMBER && NUMBER.test(text)
const MAX_NAME = 400
const MAX_MESSAGE = 20_000
/** Versions one version comes from. */
const MAX_PARENTS = 256
/** Things said apart that one record follows: changes of the document, records of the dataset. */
const MAX_PAST = 256
/** Characters of JSON; the body's own limit holds for all together. */
const MAX_JSON = 1024 * 1024

/**
 * The immutable statement that a version is this tree, with everything of the version that publishing seals. Signed as the body of an
 * envelope; its name is that envelope's hash.
 */
export interface PublishRecord {
  readonly dataset: DatasetId
  readonly version: VersionId
  readonly number: string
  readonly name: string
  readonly tree: Hash
  readonly commit: Hash
  /** Commits of the draft whose content the tree holds: what was committed apart from these is not sealed. Rising. */
  readonly over: readonly Hash[]
  readonly files: number
  readonly links: number
  readonly bytes: number
  /** Names of the records of the published versions it comes from. */
  readonly parents: readonly Hash[]
  readonly message: string
  /** Versions it comes from. */
  readonly from: readonly VersionId[]
  readonly mode: 'inherit' | 'new'
  /** JSON objects. */
  readonly metadata: string
  readonly maskLabels: string
  /** Heads of the dataset's Automerge document its author knew. Rising. */
  readonly heads: readonly Hash[]
  /** Names of the dataset's newest publish records its author knew. Rising. */
  readonly after: readonly Hash[]
}

export const writePublishRecord = (record: PublishRecord): Uint8Array => toCbor([
  FORMAT, record.dataset, record.version, record.number, record.name, record.tree, record.commit, record.over, record.files, record.links, record.bytes, record.parents, record.message,
  record.from, record.mode, record.metadata, record.maskLabels, record.heads, record.after
] satisfies Plain)

/** @throws FORMAT_INVALID */
export function readPublishRecord(bytes: Uint8Array): PublishRecord {
  const fields = new Fields('a publish record', bytes, 19)
  fields.version(FORMAT)
  const record: PublishRecord = {
    dataset: fields.matching(ID) as DatasetId,
    version: fields.matching(ID) as VersionId,
    number: fields.text(MAX_NUMBER),
    name: fields.text(MAX_NAME),
    tree: fields.bytes(HASH_BYTES),
    commit: fields.bytes(HASH_BYTES),
    over: fields.hashes(MAX_PAST, HASH_BYTES),
    files: fields.whole(),
    links: fields.whole(),
    bytes: fields.whole(),
    parents: fields.hashes(MAX_PARENTS, HASH_BYTES),
    message: fields.text(MAX_MESSAGE),
    from: fields.texts(MAX_PARENTS, 26) as readonly VersionId[],
    mode: fields.choice(['inherit', 'new']),
    metadata: fields.text(MAX_JSON),
    maskLabels: fields.text(MAX_JSON),
    heads: fields.hashes(MAX_PAST, HASH_BYTES),
    after: fields.hashes(MAX_PAST, HASH_BYTES)
  }
  if (!NUMBER.test(record.number)) fields.refuse('its number is not a semantic version')
  if (!record.from.every(id => ID.test(id))) fields.refuse('it comes from something that is no version')
  return record
}
