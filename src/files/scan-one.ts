import { lstatSync } from 'node:fs'
import { basename } from 'node:path'
import { checkPath } from '../model/index.ts'
import { FileTable } from './file-table.ts'
import { type Scan, statOf } from './scan.ts'

/** One file as a source: it comes in under its own name. @throws PATH_INVALID, SOURCE_UNREADABLE */
export function scanOne(source: string, into: string): Scan {
  const table = new FileTable()
  const stat = lstatSync(source, { bigint: true })
  const path = checkPath(into === '' ? basename(source) : `${into}/${basename(source)}`)
  table.add({ path, folder: false, ...statOf(stat) })
  return { table, notices: [], unseen: [], files: 1, bytes: Number(stat.size) }
}
