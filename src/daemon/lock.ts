import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { fail } from '../errors/index.ts'
import { writeAtomically } from './home.ts'

/**
 * The home's own lock: one process at a time. LevelDB's lock is a second guard only, because it is lost when a process opens and
 * closes the LOCK file again. The file names its owner, and the address of its API once there is one.
 */
export interface LockOwner {
  readonly pid: number
  /** Tells this process from an earlier one with the same pid; '' where the platform has no such mark. */
  readonly mark: string
  /** What the owner is doing, for people: `shoal start`. */
  readonly doing: string
  /** Address of the owner's HTTP API, when it serves one. */
  readonly url?: string
}

export interface HomeLock {
  /** Tells other processes where the API answers. */
  announce(url: string): void
  release(): void
}

/** A stale lock may be taken over at the same moment by another process; then we look again, this often at most. */
const TAKEOVER_TRIES = 5

/** @throws HOME_IN_USE with facts `pid`, `doing`, `url` */
export function acquireLock(path: string, doing: string): HomeLock {
  let owner: LockOwner = { pid: process.pid, mark: processMark(process.pid), doing }
  for (let tries = 0; ; tries++) {
    if (createLock(path, owner)) break
    const other = readLock(path)
    if (other !== undefined) return inUse(path, other)
    if (tries >= TAKEOVER_TRIES) fail('HOME_INVALID', `the lock ${path} can neither be taken nor read`)
    removeStale(path)
  }
  return {
    announce: url => {
      owner = { ...owner, url }
      writeAtomically(path, JSON.stringify(owner))
    },
    release: () => {
      if (readLock(path)?.pid === process.pid) rmSync(path, { force: true })
    }
  }
}

function inUse(path: string, owner: LockOwner): never {
  fail('HOME_IN_USE', `${path.replace(/[\\/]lock$/, '')} is in use by process ${owner.pid} (${owner.doing})`, { ...owner })
}

function createLock(path: string, owner: LockOwner): boolean {
  const draft = `${path}.${process.pid}.draft`
  const file = openSync(draft, 'w', 0o600)
  writeSync(file, JSON.stringify(owner))
  closeSync(file)
  try {
    // A hard link appears whole or not at all: nobody ever reads half a lock.
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** The live owner of a home, or undefined when nobody holds it. */
export function readLock(path: string): LockOwner | undefined {
  let owner: LockOwner
  try {
    owner = JSON.parse(readFileSync(path, 'utf8')) as LockOwner
  } catch (error) {
    // No lock, or one that a power cut left empty: nobody can be alive behind either.
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) return undefined
    throw error
  }
  return isAlive(owner) ? owner : undefined
}

function removeStale(path: string): void {
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  // Somebody may have taken the lock between our look and the rename: then it goes back.
  if (readLock(aside) !== undefined) renameSync(aside, path)
  else rmSync(aside, { force: true })
}

function isAlive(owner: LockOwner): boolean {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return owner.mark === '' || owner.mark === processMark(owner.pid)
}

/** Start time of a process in clock ticks since boot, plus the boot's id (Linux); '' elsewhere. */
function processMark(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}@${boot}`
  } catch {
    return '' // Not Linux: the pid alone must do.
  }
}
