import { type BigIntStats, type Dirent, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isShoalError } from '../errors/index.ts'
import { checkPath, comparePaths } from '../model/index.ts'
import { FileTable, type FileStat } from './file-table.ts'
import type { Pace } from './pace.ts'
import type { FileNotice } from './service.ts'

/** What lies in a folder of the disk. */
export interface Scan {
  readonly table: FileTable
  readonly notices: FileNotice[]
  /** Paths of the version that could not be looked at: what is known of them (and of all below them) stays as it is. */
  readonly unseen: string[]
  files: number
  bytes: number
}

export const statOf = (stat: BigIntStats): FileStat => ({
  size: Number(stat.size), mtimeNs: stat.mtimeNs, ctimeNs: stat.ctimeNs, ino: BigInt.asUintN(64, stat.ino), executable: (stat.mode & 0o100n) !== 0n
})

/**
 * Walks a folder depth first with sorted names, which is the order of paths in a tree. Symbolic links are reported, never followed;
 * what is neither file nor folder is refused; what can't be read is reported and left as it was.
 * @param into where the folder's content goes in the version: '' or a path
 */
export async function scanFolder(folder: string, into: string, pace: Pace, onFound: (files: number, bytes: number) => void): Promise<Scan> {
  const scan: Scan = { table: new FileTable(), notices: [], unseen: [], files: 0, bytes: 0 }
  await walk(folder, into, scan, pace, onFound)
  return scan
}

async function walk(folder: string, path: string, scan: Scan, pace: Pace, onFound: (files: number, bytes: number) => void): Promise<void> {
  let items: Dirent[]
  try {
    items = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    unreadable(scan, path, error)
    return
  }
  if (items.length === 0 && path !== '') scan.table.add({ path, folder: true, size: 0, mtimeNs: 0n, ctimeNs: 0n, ino: 0n, executable: false })
  items.sort((a, b) => comparePaths(a.name, b.name))
  for (const item of items) {
    const below = path === '' ? item.name : `${path}/${item.name}`
    if (!isFit(scan, below, item)) continue
    if (item.isDirectory()) await walk(join(folder, item.name), below, scan, pace, onFound)
    else addFile(scan, join(folder, item.name), below)
    if (pace.isDue()) {
      onFound(scan.files, scan.bytes)
      await pace.turn()
    }
  }
}

function isFit(scan: Scan, path: string, item: Dirent): boolean {
  const notice = (problem: string, detail: string): false => {
    scan.notices.push({ path, problem, detail })
    return false
  }
  if (item.name.includes('\ufffd')) return notice('name', 'its name is not valid UTF-8; rename it to import it')
  if (item.isSymbolicLink()) return notice('symlink', 'it is a symbolic link, which is not followed')
  if (!item.isFile() && !item.isDirectory()) return notice('special', 'it is neither a file nor a folder')
  try {
    checkPath(path)
    return true
  } catch (error) {
    if (!isShoalError(error, 'PATH_INVALID')) throw error
    return notice('name', error.message)
  }
}

function addFile(scan: Scan, full: string, path: string): void {
  try {
    const stat = lstatSync(full, { bigint: true })
    if (!stat.isFile()) return
    scan.table.add({ path, folder: false, ...statOf(stat) })
    scan.files++
    scan.bytes += Number(stat.size)
  } catch (error) {
    unreadable(scan, path, error)
  }
}

function unreadable(scan: Scan, path: string, error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  // Gone between the listing and the look: as if it had not been listed.
  if (code === 'ENOENT') return
  scan.notices.push({ path: path === '' ? '.' : path, problem: 'unreadable', detail: `it can not be read (${code})` })
  scan.unseen.push(path)
}
