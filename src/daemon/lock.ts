import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fail } from '../errors/index.ts'

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

/** How the file of a process that is about to look at the lock ends. */
const TURN = '.turn'
/** How long one that opens the same home at this moment is waited for, and how often it is looked for. Milliseconds. */
const TURN_MS = 5_000
const LOOK_MS = 5

/** @throws HOME_IN_USE with facts `pid`, `doing`, `url` */
export function acquireLock(path: string, doing: string): HomeLock {
  let owner: LockOwner = { pid: process.pid, mark: processMark(process.pid), doing }
  const end = takeTurn(path, owner)
  try {
    const other = readLock(path)
    if (other !== undefined) inUse(path, other)
    write(path, owner)
  } finally {
    end()
  }
  return {
    announce: url => {
      owner = { ...owner, url }
      write(path, owner)
    },
    release: () => {
      if (readLock(path)?.pid === process.pid) rmSync(path, { force: true })
    }
  }
}

/** Whoever reads it reads the old one or the new one. Not flushed: after a power cut it holds nothing, whatever it says. */
function write(path: string, owner: LockOwner): void {
  const next = `${path}.${process.pid}.next`
  writeFileSync(next, JSON.stringify(owner), { mode: 0o600 })
  renameSync(next, path)
}

function inUse(path: string, owner: LockOwner): never {
  fail('HOME_IN_USE', `${path.replace(/[\\/]lock$/, '')} is in use by process ${owner.pid} (${owner.doing})`, { ...owner })
}

/**
 * One process at a time looks at the lock and writes it: between looking and writing, a stale one could become another's. Each says by a
 * file of its own that it is about to, and only then looks who else has: of two, each or one sees the other. Then the one with the
 * smaller name waits, the other makes way and comes again; a file whose process is gone counts no more.
 * @returns ends the turn
 */
function takeTurn(path: string, owner: LockOwner): () => void {
  const name = `${basename(path)}.${owner.pid}.${owner.mark}${TURN}`
  const mine = join(dirname(path), name)
  const enter = (): void => writeFileSync(mine, '', { mode: 0o600 })
  const leave = (): void => rmSync(mine, { force: true })
  const until = performance.now() + TURN_MS
  enter()
  for (;;) {
    const others = turnsOf(path).filter(other => other.name !== name)
    const [first] = others
    if (first === undefined) return leave
    if (performance.now() > until) {
      leave()
      inUse(path, { pid: first.pid, mark: first.mark, doing: 'about to open it' })
    }
    const makesWay = first.name < name
    if (makesWay) leave()
    pause(LOOK_MS)
    if (makesWay) enter()
  }
}

/** Those that are about to look at the lock, by name. */
function turnsOf(path: string): (Pick<LockOwner, 'pid' | 'mark'> & { name: string })[] {
  const folder = dirname(path)
  const start = `${basename(path)}.`
  return readdirSync(folder).filter(name => name.startsWith(start) && name.endsWith(TURN)).sort().flatMap(name => {
    const [pid = '', ...mark] = name.slice(start.length, -TURN.length).split('.')
    const turn = { name, pid: Number(pid), mark: mark.join('.') }
    if (isAlive(turn)) return [turn]
    rmSync(join(folder, name), { force: true })
    return []
  })
}

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

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

function isAlive(owner: Pick<LockOwner, 'pid' | 'mark'>): boolean {
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
