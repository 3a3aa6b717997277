import { createHasher } from '../../chunks/index.ts'
import type { Watched } from '../../datasets/index.ts'
import { fail, isShoalError, toShoalError } from '../../errors/index.ts'
import { type VersionRef, formatHash, sameHash } from '../../model/index.ts'
import type { LinkEntry } from '../../trees/index.ts'
import type { Files } from '../service.ts'
import type { LinkReach } from './reach.ts'

/** What became of links that were fetched, or whose sources were deleted. */
export interface LinksReport {
  readonly done: number
  readonly bytes: number
  readonly failed: readonly { readonly path: string, readonly url: string, readonly code: string, readonly detail: string }[]
}

/** Failures listed in one report; more are counted in its notices. */
const MAX_LISTED = 1000
/** Addresses whose sources are deleted at most: those of one dataset. */
const MAX_SOURCES = 1_000_000

/** W7: the bytes behind a link, checked at their end against its size and hash where it knows them. @throws LINK_REFUSED, LINK_UNREACHABLE; CONTENT_MISMATCH on the way */
export async function openLink(reach: LinkReach, entry: LinkEntry, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  return checked(entry, await reach.read(entry.url, signal))
}

async function* checked({ path, url, size, hash }: LinkEntry, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hasher = hash === undefined ? undefined : createHasher()
  let seen = 0
  for await (const bytes of source) {
    seen += bytes.length
    if (size !== undefined && seen > size) fail('CONTENT_MISMATCH', `${path}: more than ${size} bytes came from ${url}`, { path, url })
    hasher?.update(bytes)
    yield bytes
  }
  if (size !== undefined && seen !== size) fail('CONTENT_MISMATCH', `${path}: ${seen} bytes came from ${url} instead of ${size}`, { path, url })
  const found = hasher?.finish()
  if (hash !== undefined && found !== undefined && !sameHash(found, hash)) fail('CONTENT_MISMATCH', `${path}: what came from ${url} has another BLAKE3`, { path, url, hash: formatHash(found) })
}

export async function* linksOf(files: Files, ref: VersionRef, prefix = ''): AsyncGenerator<LinkEntry> {
  for await (const entry of files.entries(ref, { prefix })) if (entry.kind === 'link') yield entry
}

/** W7: makes files of a draft's links. A link that can't be fetched stays; the others go on. @throws VERSION_PUBLISHED, CANCELLED */
export async function fetchLinks(files: Files, reach: LinkReach, ref: VersionRef, options: Watched & { readonly paths?: readonly string[] }): Promise<LinksReport> {
  const wanted = options.paths === undefined ? undefined : new Set(options.paths)
  const links: LinkEntry[] = []
  for await (const link of linksOf(files, ref)) if (wanted?.has(link.path) ?? true) links.push(link)
  return await each(links, link => link.path, options, async link => {
    const entry = await files.write(ref, link.path, await openLink(reach, link, options.signal), { message: `fetch ${link.url}` })
    return entry.size
  })
}

/** C6: asks the addresses that links point to, each once, to delete what they hold. */
export async function removeSources(reach: LinkReach, urls: ReadonlySet<string>, options: Watched): Promise<LinksReport> {
  const links = [...urls].slice(0, MAX_SOURCES).map(url => ({ path: '', url }))
  return await each(links, link => link.url, options, async link => {
    await reach.remove(link.url, options.signal)
    return 0
  })
}

async function each<T extends { readonly path: string, readonly url: string }>(links: readonly T[], current: (link: T) => string, { signal, progress }: Watched, work: (link: T) => Promise<number>): Promise<LinksReport> {
  const failed: { path: string, url: string, code: string, detail: string }[] = []
  const counts = { done: 0, bytes: 0 }
  for (const link of links) {
    signal?.throwIfAborted()
    progress?.({ phase: 'links', files: counts.done, totalFiles: links.length, bytes: counts.bytes, current: current(link) })
    try {
      counts.bytes += await work(link)
      counts.done++
    } catch (error) {
      if (signal?.aborted === true || isShoalError(error, 'VERSION_PUBLISHED')) throw error
      const { code, message } = toShoalError(error)
      if (code === 'INTERNAL') throw error
      if (failed.length < MAX_LISTED) failed.push({ path: link.path, url: link.url, code, detail: message })
    }
  }
  return { ...counts, failed }
}
