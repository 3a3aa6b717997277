import type { FileEdit, Files } from '../../../src/files/index.ts'
import { fail } from '../../../src/errors/index.ts'
import { checkPath, comparePaths, formatHash, isInside, parseHash, type VersionRef } from '../../../src/model/index.ts'
import type { Entry, FileEntry, FolderItem } from '../../../src/trees/index.ts'
import { fakeHash, type Kept, type World } from './world.ts'

/** Pieces a file is read in. Bytes. */
const PIECE = 1000

/** `Files` in memory. `import` and `checkout` touch no disk: they report what they were told. */
export function fakeFiles(world: World): Files {
  const entriesOf = (ref: VersionRef, prefix = ''): Entry[] =>
    [...world.filesOf(world.resolve(ref).version).values()].map(kept => kept.entry).filter(entry => isInside(entry.path, prefix)).sort((a, b) => comparePaths(a.path, b.path))
  const keptAt = (ref: VersionRef, path: string): Kept => {
    const kept = world.filesOf(world.resolve(ref).version).get(path)
    return kept?.entry.kind === 'file' || kept?.entry.kind === 'link' ? kept : fail('FILE_NOT_FOUND', `there is no file "${path}"`, { path })
  }
  const change = (ref: VersionRef, edit: (files: Map<string, Kept>) => void): void => {
    const resolved = world.draft(ref)
    const files = new Map(world.filesOf(resolved.version))
    edit(files)
    world.contents.set(resolved.version.id, files)
    world.saveVersion(resolved, {}, 'draft.commit')
  }
  return {
    import: async (source, ref, options) => {
      for (let files = 0; files < 3; files++) {
        options?.signal?.throwIfAborted()
        options?.progress?.({ phase: 'reading', files, bytes: files * 10 })
        // A source of that name never ends, so that a test can cancel it.
        if (source.endsWith('/endless')) await new Promise<never>((_, reject) => options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error), { once: true }))
      }
      if (source.endsWith('/missing')) fail('SOURCE_NOT_FOUND', `there is no ${source}`, { source })
      if (source.endsWith('/broken')) throw new TypeError('a bug in the import')
      const { version } = world.draft(ref)
      change(ref, files => files.set('imported.txt', keep('imported.txt', Buffer.from(source))))
      return { version: `${ref.namespace}/${ref.name}@${version.number}`, added: 1, modified: 0, removed: 0, unchanged: 0, filesRead: 1, bytesRead: 5, files: 1, bytes: 5, notices: [] }
    },
    checkout: async (ref, folder) => {
      const { version } = world.resolve(ref)
      return { version: version.number, folder, written: 1, bytesWritten: 5, removed: 0, unchanged: 0, notices: [{ path: 'a', problem: 'name', detail: 'it can not be written' }] }
    },
    list: async (ref, options = {}) => {
      const { prefix = '', recursive = false, after, limit = 1000 } = options
      const rows = new Map<string, Entry | FolderItem>()
      for (const entry of entriesOf(ref, prefix)) {
        const rest = entry.path.slice(prefix === '' ? 0 : prefix.length + 1)
        const slash = recursive ? -1 : rest.indexOf('/')
        const path = slash < 0 ? entry.path : entry.path.slice(0, entry.path.length - rest.length + slash)
        rows.set(path, slash < 0 ? entry : { kind: 'subfolder', path })
      }
      const left = [...rows.values()].filter(row => after === undefined || comparePaths(row.path, after) > 0)
      const items = left.slice(0, limit)
      const last = items.at(-1)
      return { items, ...left.length > limit && last !== undefined ? { next: last.path } : {} }
    },
    entries: async function* (ref, options) {
      yield* entriesOf(ref, options?.prefix)
    },
    splits: async ref => {
      world.resolve(ref)
      return { source: 'names', file: null, of: () => undefined }
    },
    stat: async (ref, path) => {
      const { version } = world.resolve(ref)
      const kept = world.filesOf(version).get(path)
      if (kept !== undefined) return kept.entry
      if (entriesOf(ref, path).length > 0) return { kind: 'subfolder', path }
      return fail('FILE_NOT_FOUND', `there is no file "${path}"`, { path })
    },
    read: async (ref, path, range = {}) => {
      const { entry, bytes } = keptAt(ref, path)
      const { from = 0, to = bytes.length } = range
      if (entry.kind !== 'file') return fail('FILE_NOT_FOUND', `"${path}" is no file`)
      if (from > bytes.length || to > bytes.length) fail('RANGE_INVALID', 'outside')
      return { entry, bytes: pieces(bytes.subarray(from, to), path) }
    },
    write: async (ref, path, source, options = {}) => {
      world.draft(ref)
      const parts: Uint8Array[] = []
      for await (const part of source) parts.push(Uint8Array.from(part))
      const bytes = Buffer.concat(parts)
      if (options.size !== undefined && options.size !== bytes.length) fail('CONTENT_MISMATCH', `${bytes.length} bytes came instead of ${options.size}`)
      if (options.hash !== undefined && options.hash !== formatHash(fakeHash(bytes))) fail('CONTENT_MISMATCH', 'the hash is another')
      const kept = keep(path, bytes, options)
      change(ref, files => files.set(path, kept))
      return kept.entry as FileEntry
    },
    edit: async (ref, edits) => {
      change(ref, files => {
        for (const edit of edits) applyEdit(files, edit)
      })
      return { changed: edits.length }
    },
    archive: async function* (ref, format, options) {
      for (const entry of entriesOf(ref, options?.prefix)) yield Buffer.from(`${format} ${entry.path}\n`)
    }
  }
}

/** A file named `torn` breaks off in its middle, one named `unreadable` before its first byte. */
async function* pieces(bytes: Uint8Array, path: string): AsyncGenerator<Uint8Array> {
  if (path.endsWith('unreadable')) fail('CHUNK_DAMAGED', 'a chunk is damaged')
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (path.endsWith('torn') && at > bytes.length / 2) fail('CHUNK_MISSING', 'a chunk is missing')
    yield bytes.subarray(at, at + PIECE)
  }
}

export function keep(path: string, bytes: Uint8Array, options: { executable?: boolean, mediaType?: string } = {}): Kept {
  const { executable = false, mediaType } = options
  return {
    bytes,
    entry: { kind: 'file', path, size: bytes.length, hash: fakeHash(bytes), executable, profile: 'binary', content: { kind: 'whole' }, ...mediaType === undefined ? {} : { mediaType } }
  }
}

function applyEdit(files: Map<string, Kept>, edit: FileEdit): void {
  if (edit.op === 'mkdir') files.set(edit.path, { entry: { kind: 'folder', path: checkPath(edit.path) }, bytes: new Uint8Array() })
  else if (edit.op === 'link') {
    const { op: _, hash, ...fields } = edit
    files.set(edit.path, { entry: { kind: 'link', ...fields, ...hash === undefined ? {} : { hash: parseHash(hash) } }, bytes: new Uint8Array() })
  } else if (edit.op === 'remove') {
    const gone = [...files.keys()].filter(path => path === edit.path || (edit.recursive === true && isInside(path, edit.path)))
    if (gone.length === 0) fail('FILE_NOT_FOUND', `there is no "${edit.path}"`, { path: edit.path })
    for (const path of gone) files.delete(path)
  } else {
    const kept = files.get(edit.from) ?? fail('FILE_NOT_FOUND', `there is no "${edit.from}"`, { path: edit.from })
    if (files.has(edit.to) && edit.overwrite !== true) fail('PATH_EXISTS', `"${edit.to}" is taken`, { path: edit.to })
    if (edit.op === 'move') files.delete(edit.from)
    files.set(edit.to, { ...kept, entry: { ...kept.entry, path: edit.to } })
  }
}
