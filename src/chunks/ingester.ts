import { readSync } from 'node:fs'
import { fail } from '../errors/index.ts'
import { Mutex, throwIfAborted } from '../runtime/index.ts'
import type { Ingested } from './ingest.ts'
import { Lane, type Read } from './lane.ts'
import { packedSink, type PackedSink } from './packed.ts'
import { Slabs } from './slabs.ts'
import type { ChunkStore } from './store.ts'

/** As large as one batch of the store; several times the longest chunk. Bytes. */
const SLAB_BYTES = 2 * 1024 * 1024
/** One being filled, the others on their way to the store and back. */
const SLABS = 4
/** A stream has slabs of its own, so that a slow one holds up nobody: few and smaller, for there may be many. */
const STREAM_SLAB_BYTES = 1024 * 1024
const STREAM_SLABS = 2

interface Cancellable { readonly signal?: AbortSignal }

interface Watched extends Cancellable {
  /** Called with the count of bytes each time some were read: a long file's progress. */
  readonly onRead?: (bytes: number) => void
  /** No more than so many bytes are read, however fast the file grows; default all there are. */
  readonly most?: number
}

/** Turns files into chunks of a store. Memory is bounded, and so is what waits to be stored. */
export interface Ingester {
  /**
   * Splits and hashes a file from where its descriptor stands to its end, with blocking reads: for worker threads. Files may share a
   * slab, so its chunks are sure to be in the store only after `flush`.
   * @throws SOURCE_UNREADABLE with the system's code in the facts; what the store fails with
   */
  file(fd: number, options?: Watched): Promise<Ingested>
  /** Splits and hashes bytes that come in pieces; they are in the store when it resolves. @throws what `source` or the store fails with */
  stream(source: AsyncIterable<Uint8Array>, options?: Cancellable): Promise<Ingested>
  /** Resolves when the store has taken the chunks of all files so far: its next barrier makes them durable. @throws what the store failed with */
  flush(): Promise<void>
}

export function createIngester(store: ChunkStore): Ingester {
  const sink = packedSink(store)
  const slabs = new Slabs(sink, SLAB_BYTES, SLABS)
  const lane = new Lane(slabs)
  const turn = new Mutex()
  return {
    file: (fd, options) => turn.run(() => lane.ingest(readsOf(fd, options))),
    stream: (source, options) => ingestStream(sink, source, options?.signal),
    flush: () => turn.run(async () => {
      lane.flush()
      await slabs.settle()
    })
  }
}

async function ingestStream(sink: PackedSink, source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Ingested> {
  const slabs = new Slabs(sink, STREAM_SLAB_BYTES, STREAM_SLABS)
  const lane = new Lane(slabs)
  const iterator = source[Symbol.asyncIterator]()
  try {
    const ingested = await lane.ingest(readsOfStream(iterator, signal))
    lane.flush()
    await slabs.settle()
    return ingested
  } catch (error) {
    await iterator.return?.()
    throw error
  }
}

function readsOf(fd: number, options: Watched = {}): Read {
  let left = options.most ?? Infinity
  return into => {
    throwIfAborted(options.signal)
    try {
      const count = readSync(fd, into, 0, Math.min(into.length, left), null)
      left -= count
      options.onRead?.(count)
      return count
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      return fail('SOURCE_UNREADABLE', `reading failed with ${reason}`, { reason }, error)
    }
  }
}

/** Hands out the pieces of a stream in as much as there is room for. */
function readsOfStream(iterator: AsyncIterator<Uint8Array>, signal: AbortSignal | undefined): Read {
  let piece: Uint8Array = new Uint8Array()
  return async into => {
    while (piece.length === 0) {
      throwIfAborted(signal)
      const step = await iterator.next()
      if (step.done === true) return 0
      piece = step.value
    }
    const count = Math.min(piece.length, into.length)
    into.set(piece.subarray(0, count))
    piece = piece.subarray(count)
    return count
  }
}
