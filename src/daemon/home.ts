import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import envPaths from 'env-paths'
import { fail } from '../errors/index.ts'
import { toBase32 } from '../model/index.ts'
import type { Chance } from '../runtime/index.ts'

/** The layout of a home this Shoal reads and writes; a newer one is refused rather than guessed at. */
const HOME_FORMAT = 1

/** Where everything of one node is. */
export interface Home {
  readonly folder: string
  readonly catalog: string
  readonly store: string
  readonly cache: string
  readonly network: string
  /** Uploads that are under way. */
  readonly uploads: string
  readonly lock: string
  /** The bearer token of the HTTP API. */
  readonly token: string
}

/** The home a command works on: `--home`, else SHOAL_HOME, else the platform's data folder. */
export function homeFolder(option: string | undefined, environment: NodeJS.ProcessEnv): string {
  const chosen = option ?? environment['SHOAL_HOME']
  if (chosen === undefined || chosen === '') return envPaths('shoal', { suffix: '' }).data
  return resolve(chosen.replace(/^~(?=$|\/)/, homedir()))
}

export const homeLockPath = (folder: string): string => join(folder, 'lock')

/**
 * Makes the home's folder (readable by its owner only) or checks the one that is there.
 * @throws HOME_INVALID, HOME_TOO_NEW
 */
export function prepareHome(folder: string, chance: Chance): Home {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    fail('HOME_INVALID', `the home ${folder} can not be made: ${error instanceof Error ? error.message : String(error)}`, { home: folder }, error)
  }
  checkFormat(folder)
  return {
    folder,
    catalog: join(folder, 'catalog'),
    store: join(folder, 'store'),
    cache: join(folder, 'cache'),
    network: join(folder, 'network'),
    uploads: join(folder, 'uploads'),
    lock: homeLockPath(folder),
    token: readOrCreateToken(join(folder, 'api-token'), chance)
  }
}

function checkFormat(folder: string): void {
  const path = join(folder, 'home.json')
  if (!existsSync(path)) return writeAtomically(path, `${JSON.stringify({ format: HOME_FORMAT })}\n`)
  const format = readFormat(path)
  if (typeof format !== 'number') fail('HOME_INVALID', `${path} is damaged: it names no format`, { home: folder })
  if (format > HOME_FORMAT) fail('HOME_TOO_NEW', `the home ${folder} has format ${format}; this Shoal knows ${HOME_FORMAT}`, { home: folder })
}

function readFormat(path: string): unknown {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { format?: unknown }).format
  } catch (error) {
    return fail('HOME_INVALID', `${path} can not be read: ${error instanceof Error ? error.message : String(error)}`, {}, error)
  }
}

function readOrCreateToken(path: string, chance: Chance): string {
  if (!existsSync(path)) writeAtomically(path, `${toBase32(chance.bytes(32))}\n`)
  chmodSync(path, 0o600)
  const token = readFileSync(path, 'utf8').trim()
  if (token.length < 32) fail('HOME_INVALID', `${path} holds no token of 32 characters or more; delete it to get a new one`)
  return token
}

/** Writes a small file of the owner's so that a crash leaves the old one or the new one. */
export function writeAtomically(path: string, text: string): void {
  const next = `${path}.${process.pid}.next`
  writeFileSync(next, text, { mode: 0o600, flush: true })
  renameSync(next, path)
}
