import type { ChunkStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { type Hash, checkPath, isInside, parentOf, parseHash } from '../model/index.ts'
import { type Entry, type TreeEdit, editTree, getEntry, isFolder, treeEntries } from '../trees/index.ts'
import type { FileEdit } from './service.ts'

/** The longest address a link may have: what browsers take. Characters. */
const MAX_URL = 2048

/** Makes edits one after the other, each on what the one before left. @throws FILE_NOT_FOUND, PATH_CLASH, PATH_EXISTS, PATH_INVALID, FIELD_INVALID */
export async function editFiles(store: ChunkStore, root: Hash, edits: readonly FileEdit[]): Promise<{ root: Hash, changed: number }> {
  let tree = root
  let changed = 0
  for (const edit of edits) {
    const made = await treeEdits(store, tree, edit)
    tree = await editTree(store, tree, made)
    changed += made.length
    if (edit.op === 'remove') tree = await keepFolder(store, tree, edit.path)
    if (edit.op === 'move') tree = await keepFolder(store, tree, edit.from)
  }
  return { root: tree, changed }
}

function treeEdits(store: ChunkStore, tree: Hash, edit: FileEdit): Promise<TreeEdit[]> {
  switch (edit.op) {
    case 'remove': return removal(store, tree, checkPath(edit.path), edit.recursive === true)
    case 'move': return transfer(store, tree, edit, true)
    case 'copy': return transfer(store, tree, edit, false)
    case 'mkdir': return newFolder(store, tree, checkPath(edit.path))
    case 'link': return newLink(store, tree, edit)
  }
}

/** All entries at a path: one file, link or empty folder, or all that lies in a folder. @throws FILE_NOT_FOUND */
async function entriesAt(store: ChunkStore, tree: Hash, path: string): Promise<{ entries: Entry[], folder: boolean }> {
  const own = await getEntry(store, tree, path)
  if (own !== undefined) return { entries: [own], folder: own.kind === 'folder' }
  const entries: Entry[] = []
  for await (const entry of treeEntries(store, tree, { prefix: path })) entries.push(entry)
  if (entries.length === 0) fail('FILE_NOT_FOUND', `there is no file or folder ${path} in this version`, { path })
  return { entries, folder: true }
}

async function removal(store: ChunkStore, tree: Hash, path: string, recursive: boolean): Promise<TreeEdit[]> {
  const { entries, folder } = await entriesAt(store, tree, path)
  if (folder && !recursive && entries.some(entry => entry.path !== path)) {
    fail('PATH_CLASH', `${path} is a folder with something in it; remove it recursively`, { path })
  }
  return entries.map(entry => ({ op: 'remove', path: entry.path }))
}

async function transfer(store: ChunkStore, tree: Hash, edit: { readonly from: string, readonly to: string, readonly overwrite?: boolean }, isMove: boolean): Promise<TreeEdit[]> {
  const [from, to] = [checkPath(edit.from), checkPath(edit.to)]
  const { entries } = await entriesAt(store, tree, from)
  if (from === to) return []
  if (isInside(to, from)) fail('PATH_CLASH', `${from} can not go into itself`, { path: from })
  const there = await getEntry(store, tree, to)
  const replaces = there !== undefined && there.kind !== 'folder'
  if (replaces && edit.overwrite !== true) fail('PATH_EXISTS', `${to} is taken already`, { path: to })
  if (there === undefined && await isFolder(store, tree, to)) fail('PATH_EXISTS', `${to} is a folder with something in it`, { path: to })
  const moved = entries.map((entry): TreeEdit => ({ op: 'put', entry: { ...entry, path: checkPath(to + entry.path.slice(from.length)) } }))
  const removed = isMove ? entries.map((entry): TreeEdit => ({ op: 'remove', path: entry.path })) : []
  return [...there === undefined ? [] : [{ op: 'remove' as const, path: to }], ...removed, ...moved]
}

async function newFolder(store: ChunkStore, tree: Hash, path: string): Promise<TreeEdit[]> {
  const there = await getEntry(store, tree, path)
  if (there !== undefined && there.kind !== 'folder') fail('PATH_EXISTS', `${path} is a file`, { path })
  return await isFolder(store, tree, path) ? [] : [{ op: 'put', entry: { kind: 'folder', path } }]
}

async function newLink(store: ChunkStore, tree: Hash, edit: Extract<FileEdit, { op: 'link' }>): Promise<TreeEdit[]> {
  const path = checkPath(edit.path)
  const url = URL.canParse(edit.url) ? new URL(edit.url) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || edit.url.length > MAX_URL) {
    fail('FIELD_INVALID', `the link's url must be an http or https address of up to ${MAX_URL} characters`, { field: 'url' })
  }
  const there = await getEntry(store, tree, path)
  if (there?.kind === 'file') fail('PATH_EXISTS', `${path} is a file`, { path })
  const known = { ...edit.size === undefined ? {} : { size: edit.size }, ...edit.hash === undefined ? {} : { hash: parseHash(edit.hash) } }
  return [{ op: 'put', entry: { kind: 'link', path, url: edit.url, ...known } }]
}

/** A folder whose last entry went stays, empty: as in every file manager. */
async function keepFolder(store: ChunkStore, tree: Hash, path: string): Promise<Hash> {
  const folder = parentOf(path)
  if (folder === '' || await isFolder(store, tree, folder)) return tree
  return await editTree(store, tree, [{ op: 'put', entry: { kind: 'folder', path: folder } }])
}
