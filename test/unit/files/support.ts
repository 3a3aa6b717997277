import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type ChunkStore, createMemoryStore, openLevelStore } from '../../../src/chunks/index.ts'
import { type Files, createFiles } from '../../../src/files/index.ts'
import type { VersionRef } from '../../../src/model/index.ts'
import { silentLog, systemClock } from '../../../src/runtime/index.ts'
import { type World, datasetsWorld } from '../../support/datasets-world.ts'

export type StoreKind = 'memory' | 'level'

/** The room over a store, with a folder of its own for sources and targets. */
export interface FilesWorld extends World {
  readonly files: Files
  readonly folder: string
  path(...parts: string[]): string
  /** Bytes of every file of a version, as text in latin1, and folders that are named. */
  held(ref: VersionRef): Promise<Record<string, string>>
  end(): Promise<void>
}

export const PETS: VersionRef = { namespace: 'vision', name: 'pets' }

export async function filesWorld(kind: StoreKind = 'memory', wrap: (store: ChunkStore) => ChunkStore = store => store): Promise<FilesWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-files-'))
  const store = wrap(kind === 'memory' ? createMemoryStore() : await openLevelStore({ folder: join(folder, 'store'), limits: { ballastBytes: 1024, floorBytes: 1024 } }))
  const world = datasetsWorld({ store })
  const files = createFiles({ datasets: world.datasets, store, clock: systemClock, log: silentLog, cacheFolder: join(folder, 'cache') })
  const held = async (ref: VersionRef): Promise<Record<string, string>> => {
    const found: Record<string, string> = {}
    for await (const entry of files.entries(ref)) {
      if (entry.kind === 'folder') found[`${entry.path}/`] = ''
      else if (entry.kind === 'link') found[entry.path] = `-> ${entry.url}`
      else found[entry.path] = `${entry.executable ? 'x:' : ''}${(await bytesOf((await files.read(ref, entry.path)).bytes)).toString('latin1')}`
    }
    return found
  }
  return {
    ...world, files, folder, held,
    path: (...parts) => join(folder, ...parts),
    end: async () => {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const bytes of source) parts.push(bytes)
  return Buffer.concat(parts)
}

/** A folder's content: text by path; a path that ends in a slash is an empty folder, a text that begins with `x:` an executable file. */
export type Tree = Readonly<Record<string, string>>

/** Makes a folder hold exactly a tree. */
export function plant(folder: string, tree: Tree): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [path, text] of Object.entries(tree)) write(join(folder, path), text)
}

export function write(full: string, text: string): void {
  if (full.endsWith('/')) {
    mkdirSync(full, { recursive: true })
    return
  }
  mkdirSync(dirname(full), { recursive: true })
  const isExecutable = text.startsWith('x:')
  writeFileSync(full, Buffer.from(isExecutable ? text.slice(2) : text, 'latin1'))
  chmodSync(full, isExecutable ? 0o755 : 0o644)
}

/** What a folder holds, as a tree; what Shoal keeps there for itself left out. */
export function harvest(folder: string): Record<string, string> {
  const found: Record<string, string> = {}
  const walk = (path: string): void => {
    const names = readdirSync(join(folder, path))
    if (names.length === 0 && path !== '') found[`${path}/`] = ''
    for (const name of names) {
      const below = path === '' ? name : `${path}/${name}`
      if (below.startsWith('.shoal-')) continue
      const stat = lstatSync(join(folder, below))
      if (stat.isDirectory()) walk(below)
      else if (stat.isSymbolicLink()) found[below] = '@'
      else found[below] = `${(stat.mode & 0o100) === 0 ? '' : 'x:'}${readFileSync(join(folder, below)).toString('latin1')}`
    }
  }
  walk('')
  return found
}
