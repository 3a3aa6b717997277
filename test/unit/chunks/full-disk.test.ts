import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blake3, openLevelStore, type Chunk, type ChunkStore } from '../../../src/chunks/index.ts'
import { inventBytes } from '../../support/invented-data.ts'

const MiB = 1024 * 1024
const LIMITS = { bufferBytes: MiB, lookBytes: 300_000, checkpointBytes: 4 * MiB, floorBytes: 0, ballastBytes: 0 }

const inventChunks = (from: number, count: number): Chunk[] =>
  Array.from({ length: count }, (_, i) => ({ hash: blake3(inventBytes(from + i, 50_000)), bytes: inventBytes(from + i, 50_000) }))

/** A file system of 32 MiB in memory, at `folder`; false where this process may not mount one. */
function mountSmallDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

describe('a store on a full disk', () => {
  let disk: string
  let isMounted = false
  let store: ChunkStore | undefined
  beforeEach(async () => {
    disk = await mkdtemp(join(tmpdir(), 'shoal-disk-'))
    isMounted = mountSmallDisk(disk)
    if (!isMounted) console.warn('SKIPPED: tests of a full disk need the right to mount a file system')
  })
  afterEach(async () => {
    await store?.close().catch(() => undefined)
    store = undefined
    if (isMounted) execFileSync('umount', ['-l', disk])
    await rm(disk, { recursive: true, force: true })
  })

  const free = (): number => statfsSync(disk).bavail * statfsSync(disk).bsize

  /** Takes the disk's room but for `rest` bytes. */
  function fillUp(rest: number): void {
    const fd = openSync(join(disk, 'other'), 'a')
    const piece = new Uint8Array(4096)
    try {
      while (free() > rest) writeSync(fd, piece)
    } catch {
      // It is full.
    }
    closeSync(fd)
  }

  const makeRoom = (): void => rmSync(join(disk, 'other'))

  const same = async (chunks: readonly Chunk[]): Promise<boolean> =>
    (await store!.getMany(chunks.map(chunk => chunk.hash))).every((bytes, i) => bytes !== undefined && Buffer.compare(bytes, chunks[i]!.bytes) === 0)

  /** Puts until it works again; the store finds out by itself that there is room. */
  async function putAgain(chunks: readonly Chunk[]): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await store!.putMany(chunks)
        await store!.barrier()
        return
      } catch (error) {
        expect(error).toMatchObject({ code: 'DISK_FULL' })
        expect(tries).toBeLessThan(100)
        await sleep(100)
      }
    }
  }

  it('refuses new chunks while too little is free, takes those it has, and goes on when there is room', async ({ skip }) => {
    skip(!isMounted, 'no right to mount a file system')
    store = await openLevelStore({ folder: join(disk, 'store'), limits: { ...LIMITS, floorBytes: 8 * MiB } })
    const [old, late] = [inventChunks(1, 20), inventChunks(100, 20)]
    await store.putMany(old)
    await store.barrier()
    fillUp(6 * MiB)
    await expect(store.putMany(late)).rejects.toMatchObject({ code: 'DISK_FULL', facts: { floor: 8 * MiB } })
    expect(await store.putMany(old)).toBe(0)
    expect(await same(old)).toBe(true)
    makeRoom()
    expect(await store.putMany(late)).toBe(20)
    await store.barrier()
    expect(await same([...old, ...late])).toBe(true)
  })

  it('says so when writing fails, keeps reading, and writes again once there is room: nothing it took is lost', async ({ skip }) => {
    skip(!isMounted, 'no right to mount a file system')
    store = await openLevelStore({ folder: join(disk, 'store'), limits: LIMITS })
    const safe = inventChunks(1, 40)
    await store.putMany(safe)
    await store.barrier()
    fillUp(3 * MiB)
    const taken: Chunk[] = []
    await expect((async () => {
      for (let id = 1000; id < 1600; id += 6) {
        const chunks = inventChunks(id, 6)
        await store.putMany(chunks)
        taken.push(...chunks)
      }
    })()).rejects.toMatchObject({ code: 'DISK_FULL' })
    await expect(store.barrier()).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(await same(safe)).toBe(true)
    expect(await same(taken)).toBe(true)
    makeRoom()
    const late = inventChunks(5000, 10)
    await putAgain(late)
    expect(await same([...safe, ...taken, ...late])).toBe(true)
    await store.close()
    store = await openLevelStore({ folder: join(disk, 'store'), limits: LIMITS })
    expect(await same([...safe, ...taken, ...late])).toBe(true)
    expect(await store.scrub()).toEqual([])
  })

  it('opens for reading on a disk without any room, at the price of its ballast', async ({ skip }) => {
    skip(!isMounted, 'no right to mount a file system')
    const folder = join(disk, 'store')
    const limits = { ...LIMITS, floorBytes: 3 * MiB, ballastBytes: 4 * MiB }
    store = await openLevelStore({ folder, limits })
    const chunks = inventChunks(1, 60)
    await store.putMany(chunks)
    await store.barrier()
    for (let tries = 0; !existsSync(join(folder, 'ballast')) && tries < 100; tries++) await sleep(20)
    await sleep(100)
    await store.close()
    fillUp(0)
    store = await openLevelStore({ folder, limits })
    expect(existsSync(join(folder, 'ballast'))).toBe(false)
    expect(await same(chunks)).toBe(true)
    fillUp(2 * MiB)
    await expect(store.putMany(inventChunks(900, 1))).rejects.toMatchObject({ code: 'DISK_FULL' })
    makeRoom()
    await putAgain(inventChunks(900, 30))
  })
})
