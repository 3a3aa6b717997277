import type { Catalog } from '../../catalog/index.ts'
import { type Chunk, type ChunkStore, blake3 } from '../../chunks/index.ts'
import { fail, isShoalError } from '../../errors/index.ts'
import { type DatasetId, HashSet, hashToHex, sameHash } from '../../model/index.ts'
import { childrenOf } from '../../trees/index.ts'
import { type Envelope, readEnvelope, readPublishRecord, verifyEnvelopes } from '../../trust/index.ts'
import { type BundleHead, decodeHead } from './head.ts'
import { KIND, decodeRecords, refuse } from './records.ts'
import type { BundleImported } from './service.ts'

/** Bytes of all envelopes of a bundle: a dataset that was changed 100,000 times. They are kept in memory until the last chunk is here. */
const MAX_ENVELOPES_BYTES = 256 * 1024 * 1024
/** Chunks put into the store at once: bytes and count. */
const BATCH_BYTES = 1024 * 1024
const BATCH_CHUNKS = 256

/**
 * Takes a bundle in as it comes. Nothing of the catalog changes before all of it was read and checked; chunks that were stored before
 * something was found wrong are nobody's, and are collected.
 * @throws BUNDLE_INVALID when it is cut short, altered, of another workspace, or not accepted; DISK_FULL
 */
export async function importBundle(catalog: Catalog, store: ChunkStore, source: AsyncIterable<Uint8Array>): Promise<BundleImported> {
  const taker = new Taker(catalog, store)
  try {
    for await (const { kind, bytes } of decodeRecords(source)) {
      if (kind === KIND.head) taker.head(bytes)
      else if (kind === KIND.envelope) taker.envelope(bytes)
      else await taker.chunk(bytes)
    }
    return await taker.finish()
  } catch (error) {
    // Whatever does not follow a format in it was not written so by an export.
    if (isShoalError(error, 'FORMAT_INVALID')) return refuse(error.message)
    throw error
  }
}

class Taker {
  readonly #catalog: Catalog
  readonly #store: ChunkStore
  #head: BundleHead | undefined
  readonly #envelopes: { readonly bytes: Uint8Array, readonly envelope: Envelope }[] = []
  #envelopeBytes = 0
  #checked = false
  /** What is named by what came, and what came. */
  readonly #nodes = new HashSet()
  readonly #data = new HashSet()
  readonly #came = new HashSet()
  readonly #sealed = new HashSet()
  #batch: Chunk[] = []
  #batchBytes = 0
  #bytes = 0
  #fresh = 0

  constructor(catalog: Catalog, store: ChunkStore) {
    this.#catalog = catalog
    this.#store = store
  }

  head(bytes: Uint8Array): void {
    if (this.#head !== undefined) refuse('it has two heads')
    const head = decodeHead(bytes)
    if (head.workspace !== this.#catalog.workspace) {
      const [theirs, ours] = [head.workspace, this.#catalog.workspace].map(id => `${id.slice(0, 8)}…`)
      fail('BUNDLE_INVALID', `the bundle is of another workspace (${theirs}, this one is ${ours}); join that one first`, { workspace: head.workspace })
    }
    for (const hash of head.roots) this.#nodes.add(hash)
    for (const hash of head.alone) this.#data.add(hash)
    for (const hash of head.sealed) this.#sealed.add(hash)
    this.#head = head
  }

  envelope(bytes: Uint8Array): void {
    const head = this.#needHead()
    const envelope = readEnvelope(bytes)
    if (this.#checked) refuse('an envelope stands behind chunks')
    if (envelope.workspace !== head.workspace || (envelope.document !== 'workspace' && envelope.document !== head.dataset)) refuse('it holds an envelope of something else')
    this.#envelopeBytes += bytes.length
    if (this.#envelopeBytes > MAX_ENVELOPES_BYTES) fail('LIMIT_EXCEEDED', `the bundle's envelopes take more than ${MAX_ENVELOPES_BYTES} bytes`)
    this.#envelopes.push({ bytes, envelope })
  }

  async chunk(bytes: Uint8Array): Promise<void> {
    await this.#check()
    const hash = blake3(bytes)
    const [isNode, isData] = [this.#nodes.has(hash), this.#data.has(hash)]
    if ((!isNode && !isData) || !this.#came.add(hash)) refuse(`it holds a chunk that nothing in it names (${hashToHex(hash)})`)
    if (isNode) {
      const { nodes, data } = childrenOf(bytes)
      for (const node of nodes) if (!this.#sealed.has(node)) this.#nodes.add(node)
      for (const chunk of data) this.#data.add(chunk.hash)
    }
    this.#batch.push({ hash, bytes })
    this.#batchBytes += bytes.length
    this.#bytes += bytes.length
    if (this.#batchBytes >= BATCH_BYTES || this.#batch.length >= BATCH_CHUNKS) await this.#flush()
  }

  async finish(): Promise<BundleImported> {
    const head = this.#needHead()
    await this.#check()
    await this.#flush()
    for (const hash of [...this.#nodes, ...this.#data]) if (!this.#came.has(hash)) refuse(`the chunk ${hashToHex(hash)} is not in it`)
    await this.#store.barrier()
    const { admitted, refused } = await this.#catalog.admit(this.#envelopes.map(({ bytes }) => bytes))
    const dataset = this.#catalog.dataset(head.dataset as DatasetId)
    const version = dataset?.versions.find(item => head.record === '' ? item.id === head.version : item.published?.record === head.record)
    if (dataset === undefined || version === undefined) {
      const reason = refused[0]?.reason ?? 'it was deleted here'
      return fail('BUNDLE_INVALID', `the version in the bundle is not accepted in this workspace: ${reason}`, { dataset: head.dataset, version: head.version })
    }
    return { dataset, version, envelopes: admitted, chunks: this.#came.size, newChunks: this.#fresh, bytes: this.#bytes }
  }

  #needHead(): BundleHead {
    return this.#head ?? refuse('it does not begin with its head')
  }

  /** Signatures, and that the record which seals the version is of just these data: before a chunk is taken. */
  async #check(): Promise<void> {
    if (this.#checked) return
    this.#checked = true
    const head = this.#needHead()
    const valid = await verifyEnvelopes(this.#envelopes.map(({ envelope }) => envelope))
    const forged = this.#envelopes[valid.indexOf(false)]
    if (forged !== undefined) refuse(`what ${forged.envelope.device} is said to have signed was signed by somebody else`)
    if (head.record === '') return
    const sealing = this.#envelopes.find(({ envelope }) => hashToHex(envelope.hash) === head.record)?.envelope
    if (sealing?.kind !== 'publish') return refuse('the publish record it names is not in it')
    const { tree, commit } = readPublishRecord(sealing.body)
    const isWhole = head.roots.some(hash => sameHash(hash, tree)) && head.alone.some(hash => sameHash(hash, commit))
    if (!isWhole) refuse('its data is not what its publish record seals')
  }

  async #flush(): Promise<void> {
    this.#fresh += await this.#store.putMany(this.#batch)
    this.#batch = []
    this.#batchBytes = 0
  }
}

