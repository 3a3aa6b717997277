import { Readable, pipeline } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { ArchiveFormat } from '../service.ts'
import type { ArchiveSource } from './member.ts'
import { tarOf } from './tar.ts'
import { zipOf } from './zip.ts'

/** A level at which the store, not this processor, is nearly the limit. */
const GZIP_LEVEL = 4

/**
 * Streams a version as one archive, in the order of paths, all with one time: the same version gives the same bytes. Ends with an error
 * when data is missing or damaged, so that nobody takes half an archive for a whole one.
 */
export function archiveOf(source: ArchiveSource, format: ArchiveFormat): AsyncIterable<Uint8Array> {
  if (format === 'zip') return zipOf(source)
  return format === 'tar' ? tarOf(source) : gzipped(tarOf(source))
}

async function* gzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const gzip = createGzip({ level: GZIP_LEVEL })
  // A failure of either comes out of the loop below; leaving that early ends both.
  pipeline(Readable.from(bytes, { objectMode: false }), gzip, () => undefined)
  yield* gzip as AsyncIterable<Uint8Array>
}
