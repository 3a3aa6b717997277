import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Pace } from '../pace.ts'

/** Of so many files the sizes are looked at too; of more, counting them is what there is time for. */
const SIZED_FILES = 10_000

export interface Totals { readonly files: number, readonly bytes: number | undefined }

/**
 * Counts what lies in a folder, for the progress of a first import: 1,000,000 files in about a second. What can't be read counts as nothing.
 * @returns bytes only where the files are few
 */
export async function countAhead(folder: string, pace: Pace): Promise<Totals> {
  let files = 0
  let bytes = 0
  const folders = [folder]
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const item of itemsIn(at)) {
      if (item.isDirectory()) folders.push(join(at, item.name))
      if (!item.isFile()) continue
      files++
      if (files <= SIZED_FILES) bytes += sizeOf(join(at, item.name))
    }
    if (pace.isDue()) await pace.turn()
  }
  return { files, bytes: files <= SIZED_FILES ? bytes : undefined }
}

function sizeOf(full: string): number {
  try {
    return lstatSync(full).size
  } catch {
    return 0 // As below.
  }
}

function itemsIn(folder: string): ReturnType<typeof readNames> {
  try {
    return readNames(folder)
  } catch {
    return [] // The import itself says what can't be read.
  }
}

const readNames = (folder: string) => readdirSync(folder, { withFileTypes: true })
