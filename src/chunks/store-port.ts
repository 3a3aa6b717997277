import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { HASH_BYTES, type Hash } from '../model/index.ts'
import { connectPort, servePort, withTransfer, type Handlers, type PortClient } from '../runtime/index.ts'
import type { LevelCore } from './level/core.ts'
import { pack, unpack, type Packed, type PackedSink, type PackedSource, type ReadChunks } from './packed.ts'
import type { Chunk, ChunkStore, Damage, StoreStats, SweepResult, SweepToken } from './store.ts'

/** A buffer of this size or more goes back to who sent it; the store keeps a smaller one for as long as it needs it. Bytes. */
const RETURNED_BYTES = 256 * 1024

interface SweepRequest { readonly token: SweepToken, readonly live: Uint8Array, readonly dryRun: boolean, readonly reuse: boolean }
interface ScrubRequest { readonly hashes: Uint8Array | undefined, readonly watches: boolean }
interface PackedRequest { readonly hashes: Uint8Array, readonly buffer: ArrayBuffer }
/** Chunks one behind the other; a length of `MISSING` for one that is not there. */
interface PackedReply { readonly buffer: ArrayBuffer, readonly lengths: Int32Array }
interface PutReply { readonly added: number, readonly buffer: ArrayBuffer | undefined }

const packHashes = (hashes: readonly Hash[]): Uint8Array => {
  const packed = new Uint8Array(hashes.length * HASH_BYTES)
  for (const [i, hash] of hashes.entries()) packed.set(hash, i * HASH_BYTES)
  return packed
}

const unpackHashes = (packed: Uint8Array): Hash[] =>
  Array.from({ length: packed.length / HASH_BYTES }, (_, i) => packed.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))

const MISSING = -1

/** Copies what was found into a buffer, or into a new one when it has no room. */
function packFound(found: readonly (Uint8Array | undefined)[], buffer: ArrayBuffer): PackedReply {
  const total = found.reduce((sum, bytes) => sum + (bytes?.byteLength ?? 0), 0)
  const packed = new Uint8Array(total <= buffer.byteLength ? buffer : new ArrayBuffer(total))
  let at = 0
  for (const bytes of found) {
    if (bytes === undefined) continue
    packed.set(bytes, at)
    at += bytes.byteLength
  }
  return { buffer: packed.buffer, lengths: Int32Array.from(found, bytes => bytes?.byteLength ?? MISSING) }
}

/** Answers other threads' calls to a store that lives in this one. */
export function serveStore(port: Parameters<typeof servePort>[0], core: LevelCore, more: Handlers = {}): void {
  servePort(port, {
    put: async (packed: Packed) => {
      const isReturned = packed.buffer.byteLength >= RETURNED_BYTES
      const added = await core.use(engine => engine.put(unpack(packed), !isReturned))
      return isReturned ? withTransfer({ added, buffer: packed.buffer } satisfies PutReply, [packed.buffer]) : { added, buffer: undefined } satisfies PutReply
    },
    has: (hashes: Uint8Array) => core.use(engine => engine.has(unpackHashes(hashes))),
    get: async (hashes: Uint8Array) => {
      const found = await core.use(engine => engine.get(unpackHashes(hashes)))
      return withTransfer(found, found.flatMap(bytes => bytes === undefined ? [] : [bytes.buffer]))
    },
    getPacked: async ({ hashes, buffer }: PackedRequest) => {
      const reply = packFound(await core.use(engine => engine.get(unpackHashes(hashes))), buffer)
      return withTransfer(reply, [reply.buffer])
    },
    barrier: () => core.use(engine => engine.barrier()),
    beginSweep: () => core.use(async engine => engine.beginSweep()),
    sweep: ({ token, live, dryRun, reuse }: SweepRequest, { signal }) =>
      core.use((engine, ending) => engine.sweep(token, { hashes: live }, { dryRun, reuse, signal: AbortSignal.any([signal, ending]) })),
    scrub: ({ hashes, watches }: ScrubRequest, { signal, notify }) => core.use((engine, ending) => engine.scrub({
      hashes: hashes === undefined ? undefined : unpackHashes(hashes),
      signal: AbortSignal.any([signal, ending]),
      ...watches ? { onProgress: (chunks, bytes) => notify({ chunks, bytes }) } : {}
    })),
    repair: (chunk: Chunk) => core.use(engine => engine.repair(chunk)),
    stats: () => core.use(engine => engine.stats()),
    connect: (other: MessagePort) => serveStore(other, core),
    ...more
  })
}

/** A store in another thread. */
export class PortStore implements ChunkStore, PackedSink, PackedSource {
  readonly #client: PortClient

  constructor(client: PortClient) {
    this.#client = client
  }

  async putMany(chunks: readonly Chunk[]): Promise<number> {
    const packed = pack(chunks)
    const { added } = await this.#put(packed)
    return added
  }

  async putPacked(packed: Packed): Promise<ArrayBuffer | undefined> {
    const { buffer } = await this.#put(packed)
    return buffer
  }

  #put(packed: Packed): Promise<PutReply> {
    return this.#client.call('put', packed, { transfer: [packed.buffer] })
  }

  hasMany(hashes: readonly Hash[]): Promise<boolean[]> {
    return this.#client.call('has', packHashes(hashes))
  }

  getMany(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]> {
    return this.#client.call('get', packHashes(hashes))
  }

  async getPacked(hashes: readonly Hash[], into: ArrayBuffer): Promise<ReadChunks> {
    const request: PackedRequest = { hashes: packHashes(hashes), buffer: into }
    const { buffer, lengths } = await this.#client.call<PackedReply>('getPacked', request, { transfer: [into] })
    let at = 0
    const chunks = Array.from(lengths, length => {
      if (length === MISSING) return undefined
      at += length
      return new Uint8Array(buffer, at - length, length)
    })
    return { chunks, buffer }
  }

  barrier(): Promise<void> {
    return this.#client.call('barrier', undefined)
  }

  beginSweep(): Promise<SweepToken> {
    return this.#client.call('beginSweep', undefined)
  }

  sweep(token: SweepToken, live: { readonly hashes: Uint8Array }, options: { dryRun?: boolean, reuse?: boolean, signal?: AbortSignal } = {}): Promise<SweepResult> {
    const request: SweepRequest = { token, live: live.hashes, dryRun: options.dryRun ?? false, reuse: options.reuse ?? false }
    return this.#client.call('sweep', request, { signal: options.signal })
  }

  scrub(options: Parameters<ChunkStore['scrub']>[0] = {}): Promise<Damage[]> {
    const { hashes, signal, onProgress } = options
    const request: ScrubRequest = { hashes: hashes === undefined ? undefined : packHashes(hashes), watches: onProgress !== undefined }
    const onNotice = onProgress === undefined ? undefined : (value: unknown): void => {
      const { chunks, bytes } = value as { chunks: number, bytes: number }
      onProgress(chunks, bytes)
    }
    return this.#client.call('scrub', request, { signal, onNotice })
  }

  repair({ hash, bytes }: Chunk): Promise<void> {
    return this.#client.call('repair', { hash: hash.slice(), bytes: bytes.slice() } satisfies Chunk)
  }

  stats(): Promise<StoreStats> {
    return this.#client.call('stats', undefined)
  }

  connect(): MessagePort | undefined {
    const { port1, port2 } = new MessageChannel()
    // Without a store behind it, the port closes, and that fails the calls on it.
    this.#client.call('connect', port2, { transfer: [port2] }).catch(() => port2.close())
    return port1
  }

  async close(): Promise<void> {
    this.#client.close()
  }
}

/**
 * The store behind a port of `ChunkStore.connect`, for the thread that was given the port. Closing it closes the connection only;
 * the store itself is closed by who opened it.
 */
export function connectStore(port: MessagePort): ChunkStore {
  return new PortStore(connectPort(port))
}
