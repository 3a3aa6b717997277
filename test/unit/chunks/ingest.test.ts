import { closeSync, openSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blake3, chooseProfile, createHasher, createIngester, createMemoryStore, splitBytes, type ChunkStore, type Ingested } from '../../../src/chunks/index.ts'
import { Lane } from '../../../src/chunks/lane.ts'
import type { Packed } from '../../../src/chunks/packed.ts'
import { Slabs } from '../../../src/chunks/slabs.ts'
import { fail } from '../../../src/errors/index.ts'
import { hashToHex, type Hash } from '../../../src/model/index.ts'
import { inventBytes, inventTable } from '../../support/invented-data.ts'

const hashesOf = ({ chunks }: Ingested): Hash[] => Array.from(chunks.lengths, (_, i) => chunks.hashes.subarray(32 * i, 32 * i + 32))

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Checks what an ingest says against splitting in one piece, and that the store gives the file back. */
async function check(store: ChunkStore, ingested: Ingested, bytes: Uint8Array): Promise<void> {
  const profile = chooseProfile(bytes)
  const ends = splitBytes(bytes, profile)
  expect(ingested.size).toBe(bytes.length)
  expect(ingested.profile).toBe(profile)
  expect(hashToHex(ingested.hash)).toBe(hashToHex(blake3(bytes)))
  expect([...ingested.chunks.lengths]).toEqual(ends.map((end, i) => end - (ends[i - 1] ?? 0)))
  const found = await store.getMany(hashesOf(ingested))
  expect(Buffer.compare(Buffer.concat(found.map(chunk => chunk ?? new Uint8Array())), bytes)).toBe(0)
}

describe('hashing', () => {
  it('is BLAKE3', () => {
    expect(hashToHex(blake3(new Uint8Array()))).toBe('af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262')
    expect(hashToHex(blake3(Buffer.from('abc')))).toBe('6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85')
  })

  it('is the same in pieces, and a hasher can be used again', () => {
    const bytes = inventBytes(1, 300_000)
    const hasher = createHasher()
    for (let run = 0; run < 2; run++) {
      for (let at = 0; at < bytes.length; at += 7001) hasher.update(bytes.subarray(at, at + 7001))
      expect(hashToHex(hasher.finish())).toBe(hashToHex(blake3(bytes)))
    }
  })
})

describe('an ingester', () => {
  let folder: string
  let store: ChunkStore
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shoal-ingest-'))
    store = createMemoryStore()
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function file(ingester: ReturnType<typeof createIngester>, bytes: Uint8Array): Promise<Ingested> {
    const path = join(folder, 'file')
    writeFileSync(path, bytes)
    const fd = openSync(path, 'r')
    try {
      return await ingester.file(fd)
    } finally {
      closeSync(fd)
    }
  }

  it('takes files of all sizes, one behind the other in shared slabs', async () => {
    const ingester = createIngester(store)
    const files = [0, 1, 5000, 131_071, 131_072, 131_073, 262_144, 262_145, 2_097_152, 3_333_333]
      .flatMap(size => [inventBytes(size, size), inventTable(size, size)])
    const ingested: Ingested[] = []
    for (const bytes of files) ingested.push(await file(ingester, bytes))
    await ingester.flush()
    for (const [i, bytes] of files.entries()) await check(store, ingested[i]!, bytes)
  })

  it('takes thousands of tiny files', async () => {
    const ingester = createIngester(store)
    const path = join(folder, 'tiny')
    for (let i = 0; i < 5000; i++) {
      writeFileSync(path, `file ${i}`)
      const fd = openSync(path, 'r')
      expect((await ingester.file(fd)).size).toBe(`file ${i}`.length)
      closeSync(fd)
    }
    await ingester.flush()
    expect((await store.stats()).chunks).toBe(5000)
  })

  it('takes files asked for at the same time one after the other', async () => {
    const ingester = createIngester(store)
    const files = Array.from({ length: 8 }, (_, i) => inventBytes(i, 400_000 + i))
    const fds = files.map((bytes, i) => {
      writeFileSync(join(folder, String(i)), bytes)
      return openSync(join(folder, String(i)), 'r')
    })
    const ingested = await Promise.all(fds.map(fd => ingester.file(fd)))
    fds.forEach(fd => closeSync(fd))
    await ingester.flush()
    for (const [i, bytes] of files.entries()) await check(store, ingested[i]!, bytes)
  })

  it('splits a stream as it does a file, whatever its pieces', async () => {
    const ingester = createIngester(store)
    await fc.assert(fc.asyncProperty(fc.boolean(), fc.nat({ max: 3_000_000 }), fc.integer({ min: 1, max: 700_000 }), async (isText, length, size) => {
      const bytes = (isText ? inventTable : inventBytes)(length, length)
      await check(store, await ingester.stream(pieces(bytes, Math.max(size, Math.ceil(length / 2000)))), bytes)
    }), { numRuns: 15 })
  })

  it('says what failed when a file can not be read, and goes on with the next', async () => {
    const ingester = createIngester(store)
    const folderFd = openSync(folder, 'r')
    await expect(ingester.file(folderFd)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', facts: { reason: 'EISDIR' } })
    closeSync(folderFd)
    const bytes = inventBytes(1, 500_000)
    const ingested = await file(ingester, bytes)
    await ingester.flush()
    await check(store, ingested, bytes)
  })

  it('ends a stream that fails, and tells its source when the stream is cancelled', async () => {
    const ingester = createIngester(store)
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield inventBytes(1, 400_000)
      fail('TIMED_OUT', 'the sender is gone')
    }
    await expect(ingester.stream(broken())).rejects.toMatchObject({ code: 'TIMED_OUT' })
    const controller = new AbortController()
    let isTold = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (let i = 0; ; i++) {
          if (i === 5) controller.abort()
          yield inventBytes(i, 100_000)
        }
      } finally {
        isTold = true
      }
    }
    await expect(ingester.stream(endless(), { signal: controller.signal })).rejects.toThrow()
    expect(isTold).toBe(true)
  })

  it('fails with what the store fails with, at the latest when it is flushed', async () => {
    const full: ChunkStore = Object.assign(Object.create(store) as ChunkStore, { putMany: async () => fail('DISK_FULL', 'no space') })
    const ingester = createIngester(full)
    await file(ingester, inventBytes(1, 1000))
    await expect(ingester.flush()).rejects.toMatchObject({ code: 'DISK_FULL' })
    await expect(file(ingester, inventBytes(2, 9_000_000))).rejects.toMatchObject({ code: 'DISK_FULL' })
    await expect(createIngester(full).stream(pieces(inventBytes(3, 10), 3))).rejects.toMatchObject({ code: 'DISK_FULL' })
  })

  it('never has more slabs under way than it was given, however slow the store', async () => {
    let under = 0
    let most = 0
    const sent = new Set<ArrayBuffer>()
    const sink = {
      putPacked: async ({ buffer }: Packed) => {
        sent.add(buffer)
        most = Math.max(most, ++under)
        await new Promise(resolve => setTimeout(resolve, 5))
        under--
        return buffer
      }
    }
    const slabs = new Slabs(sink, 1024 * 1024, 3)
    const lane = new Lane(slabs)
    const bytes = inventBytes(1, 12_000_000)
    let at = 0
    await lane.ingest(into => {
      const piece = bytes.subarray(at, at + into.length)
      into.set(piece)
      at += piece.length
      return piece.length
    })
    lane.flush()
    await slabs.settle()
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(3)
    expect(under).toBe(0)
    expect(sent.size).toBeLessThanOrEqual(4)
  })
})
