import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { type Pack, pack as createPack } from 'tar-stream'
import { toShoalError } from '../../errors/index.ts'
import { type ArchiveSource, type LoadedMember, loadMembers } from './member.ts'

/** A POSIX tar; long names and large files as pax headers. */
export async function* tarOf(source: ArchiveSource): AsyncGenerator<Uint8Array, void, undefined> {
  const pack = createPack()
  const stop = new AbortController()
  const filling = fill(pack, source, stop.signal).catch((error: unknown) => { pack.destroy(toShoalError(error)) })
  try {
    yield* pack as AsyncIterable<Uint8Array>
  } finally {
    stop.abort()
    pack.destroy()
    await filling
  }
}

async function fill(pack: Pack, source: ArchiveSource, signal: AbortSignal): Promise<void> {
  for await (const member of loadMembers(source)) {
    if (signal.aborted) return
    await add(pack, member, source.time, signal)
  }
  pack.finalize()
}

async function add(pack: Pack, { path, kind, size, executable, content }: LoadedMember, mtime: Date, signal: AbortSignal): Promise<void> {
  if (kind === 'folder') {
    pack.entry({ name: `${path}/`, type: 'directory', mtime, mode: 0o755 })
    return
  }
  const file = pack.entry({ name: path, size, mtime, mode: executable ? 0o755 : 0o644 }) as unknown as Writable
  for await (const bytes of content) {
    if (!file.write(bytes)) await once(file, 'drain', { signal })
  }
  file.end()
}
