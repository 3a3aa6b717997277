import { Readable, type Writable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { pack as tarPack } from 'tar-stream'
import { ZipFile } from 'yazl'
import type { ChunkStore } from '../chunks/index.ts'
import { toShoalError } from '../errors/index.ts'
import type { Entry, FileEntry } from '../trees/index.ts'
import { readContent } from './read.ts'
import type { ArchiveFormat } from './service.ts'

/** A gzip level at which the reader's disk, not this processor, is the limit. */
const GZIP_LEVEL = 4

const modeOf = (entry: FileEntry): number => entry.executable ? 0o755 : 0o644

/**
 * Streams entries as one archive, in their order, all with one time: the same version gives the same bytes. Ends with an error when data
 * is missing or damaged, so that nobody takes half an archive for a whole one.
 */
export function archiveOf(store: ChunkStore, entries: AsyncIterable<Entry>, format: ArchiveFormat, time: Date, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  if (format === 'zip') return zip(store, entries, time, signal)
  const tar = tarStream(store, entries, time, signal)
  if (format === 'tar') return tar
  const gzip = createGzip({ level: GZIP_LEVEL })
  Readable.from(tar, { objectMode: false }).on('error', error => gzip.destroy(error)).pipe(gzip)
  return gzip as AsyncIterable<Uint8Array>
}

async function* tarStream(store: ChunkStore, entries: AsyncIterable<Entry>, time: Date, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const pack = tarPack()
  const writing = writeTar(pack, store, entries, time, signal).catch((error: unknown) => pack.destroy(toShoalError(error)))
  yield* pack as AsyncIterable<Uint8Array>
  await writing
}

async function writeTar(pack: ReturnType<typeof tarPack>, store: ChunkStore, entries: AsyncIterable<Entry>, time: Date, signal: AbortSignal | undefined): Promise<void> {
  for await (const entry of entries) {
    signal?.throwIfAborted()
    if (entry.kind === 'link') continue
    if (entry.kind === 'folder') {
      pack.entry({ name: `${entry.path}/`, type: 'directory', mtime: time, mode: 0o755 })
      continue
    }
    const file = pack.entry({ name: entry.path, size: entry.size, mtime: time, mode: modeOf(entry) }) as unknown as Writable
    // An archive that is not read to its end is destroyed, and its open file with it.
    const broken = new Promise<never>((_, reject) => { file.once('error', reject).once('close', () => reject(toShoalError(signal?.reason))) })
    broken.catch(() => undefined)
    for await (const bytes of readContent(store, entry)) {
      signal?.throwIfAborted()
      if (!file.write(bytes)) await Promise.race([new Promise<void>(resolve => { file.once('drain', () => resolve()) }), broken])
    }
    file.end()
  }
  pack.finalize()
}

async function* zip(store: ChunkStore, entries: AsyncIterable<Entry>, time: Date, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const archive = new ZipFile()
  const output = archive.outputStream as unknown as Readable
  archive.on('error', (error: Error) => output.destroy(toShoalError(error)))
  const options = { mtime: time }
  const adding = (async () => {
    for await (const entry of entries) {
      signal?.throwIfAborted()
      if (entry.kind === 'folder') archive.addEmptyDirectory(entry.path, options)
      if (entry.kind !== 'file') continue
      archive.addReadStreamLazy(entry.path, { ...options, mode: 0o100000 | modeOf(entry), size: entry.size }, callback => {
        callback(null, Readable.from(readContent(store, entry), { objectMode: false }).on('error', error => output.destroy(toShoalError(error))))
      })
    }
    archive.end()
  })().catch((error: unknown) => output.destroy(toShoalError(error)))
  for await (const bytes of output) {
    signal?.throwIfAborted()
    yield bytes as Uint8Array
  }
  await adding
}
