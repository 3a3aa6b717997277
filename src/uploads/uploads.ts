import { type ChunkStore, type Ingester, createIngester } from '../chunks/index.ts'
import { type Datasets, Locks, type Watched } from '../datasets/index.ts'
import { fail } from '../errors/index.ts'
import { checkType, draftOf } from '../files/index.ts'
import { type Hash, checkPath, formatHash, hashFromHex, hashToHex, toBase32 } from '../model/index.ts'
import type { Chance, Clock, Log } from '../runtime/index.ts'
import { editTree, emptyTree, reachable } from '../trees/index.ts'
import { Book, type Kept } from './book.ts'
import { fileOf, ingest, segmentPath } from './content.ts'
import type { Checksum, NewUpload, Upload, UploadedFile, Uploads, UploadTarget } from './service.ts'
import { Source } from './source.ts'

/** What is sent is durable after each stretch of this length: what a kill of the node costs at most. Bytes. */
const SEGMENT_BYTES = 64 * 1024 * 1024
/** Uploads under way: parts of some hundred files. */
const MAX_UPLOADS = 10_000
/** What nobody goes on with is given up. Milliseconds. */
const KEPT_MS = 7 * 24 * 60 * 60_000
/** A finished one is remembered, for who did not hear of it. Milliseconds. */
const KEPT_ENDED_MS = 24 * 60 * 60_000

export interface UploadsDeps {
  readonly datasets: Datasets
  readonly store: ChunkStore
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Where what is known of uploads is kept. */
  readonly folder: string
}

/** A4: see `Uploads`. */
export class ChunkUploads implements Uploads {
  readonly #deps: UploadsDeps
  readonly #book: Book
  readonly #ingester: Ingester
  readonly #locks = new Locks()
  readonly #running = new Map<string, AbortController>()

  constructor(deps: UploadsDeps) {
    this.#deps = deps
    this.#book = new Book(deps.folder, deps.log)
    this.#ingester = createIngester(deps.store)
  }

  list(): readonly Upload[] {
    return this.#book.all().map(shown).sort((a, b) => a.createdAt < b.createdAt ? 1 : -1)
  }

  get(id: string): Upload { return shown(this.#need(id)) }

  async create({ length, partial, target, metadata }: NewUpload): Promise<Upload> {
    this.#forgetOld()
    if (this.#book.size >= MAX_UPLOADS) fail('LIMIT_EXCEEDED', `there are ${MAX_UPLOADS} uploads under way; finish or remove some`)
    const fixed = target === undefined ? undefined : this.#checked(target)
    const upload: Kept = { ...this.#fresh(), length, partial, target: fixed, metadata, parts: undefined }
    this.#book.put(upload)
    return shown(upload)
  }

  async append(id: string, offset: number, source: AsyncIterable<Uint8Array>, options: { readonly checksum?: Checksum } = {}): Promise<Upload> {
    this.#need(id)
    // Whoever comes back was cut off: the request it lost must not hold it up.
    this.#running.get(id)?.abort()
    return await this.#locks.run(id, () => this.#deps.datasets.leases.during(async () => {
      const upload = this.#need(id)
      if (upload.target !== undefined) this.#checked(upload.target)
      if (upload.offset !== offset) fail('UPLOAD_OFFSET', `the upload has ${upload.offset} bytes; what is sent begins at ${offset}`, { offset: upload.offset })
      const running = new AbortController()
      this.#running.set(id, running)
      const bytes = new Source(stoppable(source, running.signal), upload.length - upload.offset, options.checksum)
      try {
        await this.#takeIn(id, bytes, options.checksum)
      } finally {
        this.#running.delete(id)
        await bytes.close()
      }
      return shown(this.#need(id))
    }))
  }

  async finish(id: string, options: Watched = {}): Promise<Upload> {
    this.#need(id)
    return await this.#locks.run(id, async () => {
      const upload = this.#need(id)
      if (upload.file !== undefined) return shown(upload)
      const { partial, offset, length, target } = upload
      if (partial || target === undefined) fail('UPLOAD_INCOMPLETE', `${id} is a part of a file; name it in Upload-Concat with the others`, { upload: id })
      if (offset < length) fail('UPLOAD_INCOMPLETE', `${id} has ${offset} of ${length} bytes`, { upload: id, offset })
      const done: Kept = { ...upload, file: await this.#put([upload], this.#checked(target), options), tree: undefined, changedAt: this.#now() }
      this.#book.put(done)
      return shown(done)
    })
  }

  async concatenate(parts: readonly string[], input: Omit<NewUpload, 'length' | 'partial'> & { readonly target: UploadTarget }, options: Watched = {}): Promise<Upload> {
    const uploads = parts.map(id => this.#need(id))
    const open = uploads.find(upload => !upload.partial || upload.offset < upload.length)
    if (open !== undefined) fail('UPLOAD_INCOMPLETE', open.partial ? `the part ${open.id} has ${open.offset} of ${open.length} bytes` : `${open.id} is no part of a file`, { upload: open.id })
    if (uploads.length === 0) fail('UPLOAD_INCOMPLETE', 'a file is made of one part at least')
    const length = uploads.reduce((sum, upload) => sum + upload.length, 0)
    const target = this.#checked(input.target)
    const file = await this.#put(uploads, target, options)
    const done: Kept = { ...this.#fresh(), length, offset: length, partial: false, target, metadata: input.metadata, parts, file }
    this.#book.put(done)
    for (const id of parts) this.#book.remove(id)
    return shown(done)
  }

  async remove(id: string): Promise<void> {
    this.#need(id)
    this.#running.get(id)?.abort()
    await this.#locks.run(id, async () => { this.#book.remove(id) })
  }

  async* pinned(): AsyncGenerator<readonly Hash[]> {
    for (const { tree } of this.#book.all()) {
      if (tree === undefined) continue
      const hashes: Hash[] = []
      await reachable(this.#deps.store, [hashFromHex(tree)], hash => { hashes.push(hash) })
      yield hashes
    }
  }

  #fresh(): Pick<Kept, 'id' | 'offset' | 'createdAt' | 'changedAt' | 'file' | 'tree' | 'segments'> {
    const at = this.#now()
    return { id: toBase32(this.#deps.chance.bytes(16)), offset: 0, createdAt: at, changedAt: at, file: undefined, tree: undefined, segments: 0 }
  }

  #now(): string { return new Date(this.#deps.clock.now()).toISOString() }

  #need(id: string): Kept {
    return this.#book.get(id) ?? fail('UPLOAD_NOT_FOUND', `there is no upload ${id.slice(0, 60)}`, { upload: id.slice(0, 60) })
  }

  /** The draft is meant by its id from now on. @throws VERSION_PUBLISHED, VERSION_NOT_FOUND, TYPE_REFUSED, PATH_INVALID; it may come to that while an upload is under way */
  #checked(target: UploadTarget): UploadTarget {
    checkPath(target.path)
    const { dataset } = this.#deps.datasets.resolve(target.ref)
    checkType(dataset, target.path)
    return { ...target, ref: draftOf(this.#deps.datasets, target.ref) }
  }

  /** Stretch by stretch; one that announced a checksum is kept as a whole or not at all. */
  async #takeIn(id: string, bytes: Source, checksum: Checksum | undefined): Promise<void> {
    while (!bytes.ended) {
      const segment = await ingest(this.#deps.store, this.#ingester, bytes.take(checksum === undefined ? SEGMENT_BYTES : Infinity))
      if (segment.size === 0) continue
      const upload = this.#need(id)
      const before = upload.tree === undefined ? await emptyTree(this.#deps.store) : hashFromHex(upload.tree)
      const tree = await editTree(this.#deps.store, before, [{ op: 'put', entry: { kind: 'file', path: segmentPath(upload.segments), executable: false, ...segment } }])
      await this.#deps.store.barrier()
      this.#book.put({ ...upload, tree: hashToHex(tree), segments: upload.segments + 1, offset: upload.offset + segment.size, changedAt: this.#now() })
    }
  }

  async #put(parts: readonly Kept[], target: UploadTarget, watched: Watched): Promise<UploadedFile> {
    const { datasets, store } = this.#deps
    return await datasets.leases.during(async () => {
      const entry = await fileOf(store, this.#ingester, parts, target, watched)
      watched.signal?.throwIfAborted()
      await datasets.commit(target.ref, `upload ${target.path}`, tree => editTree(store, tree, [{ op: 'put', entry }]))
      return { hash: formatHash(entry.hash), size: entry.size }
    })
  }

  #forgetOld(): void {
    const now = this.#deps.clock.now()
    for (const { id, file, changedAt } of this.#book.all()) {
      if (now - Date.parse(changedAt) > (file === undefined ? KEPT_MS : KEPT_ENDED_MS) && !this.#running.has(id)) this.#book.remove(id)
    }
  }
}

const shown = ({ tree: _tree, segments: _segments, ...upload }: Kept): Upload => upload

/** Ends, as a connection that breaks off does, when it is stopped. */
async function* stoppable(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  const { promise: stopped, resolve: stop } = Promise.withResolvers<{ readonly done: true, readonly value: undefined }>()
  const end = (): void => { stop({ done: true, value: undefined }) }
  signal.addEventListener('abort', end, { once: true })
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), stopped])
      if (signal.aborted) fail('CANCELLED', 'the upload goes on in another request')
      if (step.done === true) return
      yield step.value
    }
  } finally {
    signal.removeEventListener('abort', end)
    // Not waited for: a connection that hangs never answers.
    void iterator.return?.().catch(() => undefined)
  }
}
