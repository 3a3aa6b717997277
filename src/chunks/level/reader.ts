import { ShoalError } from '../../errors/index.ts'
import { hashKey, hashToHex, type Hash } from '../../model/index.ts'
import { isChunk } from '../blake3.ts'
import { isDamage, levelFailure, type Database } from './databases.ts'
import type { IndexBook } from './index-book.ts'
import { chunkKey, type Place } from './keys.ts'
import type { Fresh, Writer } from './writer.ts'

/** Read in one go from LevelDB: enough for it to be quick, small enough for others to have their turn. */
const GROUP_BYTES = 4 * 1024 * 1024
const GROUP_CHUNKS = 256

/** What was found for a hash. */
export type Found =
  | { readonly kind: 'chunk', readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'missing' }
  /** It is there, but not as it was put in; or LevelDB can't read it. */
  | { readonly kind: 'damaged', readonly cause?: unknown }

const MISSING: Found = { kind: 'missing' }

interface Wanted { readonly i: number, readonly hash: Hash, readonly place: Place }

/** Reads chunks and checks every one of them: LevelDB gives out flipped bits as if they were right. */
export class Reader {
  readonly #chunks: Database
  readonly #book: IndexBook
  readonly #writer: Writer
  /** Chunks that were found damaged since the store was opened. */
  readonly damaged = new Set<string>()

  constructor(chunks: Database, book: IndexBook, writer: Writer) {
    this.#chunks = chunks
    this.#book = book
    this.#writer = writer
  }

  /** In the order of `hashes`. @throws STORE_DAMAGED when the index can't be read */
  async read(hashes: readonly Hash[]): Promise<Found[]> {
    const found = Array.from<unknown, Found>({ length: hashes.length }, () => MISSING)
    const wanted: Wanted[] = []
    const unknown: number[] = []
    for (const [i, hash] of hashes.entries()) {
      const fresh = this.#writer.fresh(hash)
      if (fresh === undefined) unknown.push(i)
      else if (fresh.bytes !== undefined) found[i] = checked(hash, fresh.bytes.slice())
      else if (await isWritten(fresh)) wanted.push({ i, hash, place: fresh })
    }
    const places = await this.#book.find(unknown.map(i => hashes[i]!))
    for (const [k, i] of unknown.entries()) {
      const hash = hashes[i]!
      const place = places[k] ?? await this.#writtenMeanwhile(hash)
      if (place !== undefined) wanted.push({ i, hash, place })
    }
    wanted.sort((a, b) => a.place.sequence - b.place.sequence)
    for (const group of groups(wanted)) await this.#readGroup(group, found)
    for (const [i, { kind }] of found.entries()) if (kind === 'damaged') this.damaged.add(hashKey(hashes[i]!))
    return found
  }

  /** Where a chunk is that was put in, and perhaps indexed, while the index was being asked. */
  async #writtenMeanwhile(hash: Hash): Promise<Place | undefined> {
    const fresh = this.#writer.fresh(hash)
    if (fresh === undefined) return undefined
    return await isWritten(fresh) ? fresh : undefined
  }

  async #readGroup(group: readonly Wanted[], found: Found[]): Promise<void> {
    const keys = group.map(({ hash, place }) => chunkKey(place.sequence, hash))
    const values = await this.#chunks.getMany(keys).catch(() => undefined)
    for (const [k, { i, hash, place }] of group.entries()) {
      if (values === undefined) found[i] = await this.#readAlone(hash, keys[k]!)
      else if (values[k] !== undefined) found[i] = checked(hash, values[k] as Uint8Array<ArrayBuffer>)
      if (found[i] === MISSING) found[i] = await this.#lookAgain(hash, place)
    }
  }

  /** One chunk LevelDB can't read fails all that are asked for with it: they are asked for one by one then. */
  async #readAlone(hash: Hash, key: Uint8Array): Promise<Found> {
    try {
      const bytes = await this.#chunks.get(key)
      return bytes === undefined ? MISSING : checked(hash, bytes as Uint8Array<ArrayBuffer>)
    } catch (cause) {
      if (!isDamage(cause)) throw levelFailure(cause, 'reading a chunk')
      return { kind: 'damaged', cause }
    }
  }

  /**
   * The index named a chunk that is not there: it was swept in the meantime (and perhaps put in again), or a damaged log has lost it.
   * Then it is taken out of the index, or it could never be put in again.
   */
  async #lookAgain(hash: Hash, place: Place): Promise<Found> {
    const [current] = this.#writer.fresh(hash) === undefined ? await this.#book.find([hash]) : [undefined]
    if (current?.sequence === place.sequence) {
      await this.#book.remove([{ ...current, hash }], [])
      return MISSING
    }
    if (current === undefined && this.#writer.fresh(hash) === undefined) return MISSING
    return (await this.read([hash]))[0]!
  }
}

async function isWritten(fresh: Fresh): Promise<boolean> {
  return fresh.batch.written.then(() => true, () => false)
}

const checked = (hash: Hash, bytes: Uint8Array<ArrayBuffer>): Found => isChunk(hash, bytes) ? { kind: 'chunk', bytes } : { kind: 'damaged' }

function* groups(wanted: readonly Wanted[]): Generator<Wanted[]> {
  let group: Wanted[] = []
  let bytes = 0
  for (const item of wanted) {
    if (group.length > 0 && (group.length >= GROUP_CHUNKS || bytes + item.place.length > GROUP_BYTES)) {
      yield group
      group = []
      bytes = 0
    }
    group.push(item)
    bytes += item.place.length
  }
  if (group.length > 0) yield group
}

/** The failure for a chunk that can't be given out. */
export const damagedFailure = (hash: Hash, cause?: unknown): ShoalError =>
  new ShoalError('CHUNK_DAMAGED', `the stored chunk ${hashToHex(hash)} is damaged`, { hash: hashToHex(hash) }, cause === undefined ? undefined : { cause })
