import { gzipSync } from 'node:zlib'
import { buffer } from 'node:stream/consumers'
import { tableFromArrays, tableToIPC } from '@uwdata/flechette'
import { pack } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import { readArrow, wholeMessages } from '../../../web/parts/preview/arrow-table.ts'
import { listArchive } from '../../../web/parts/preview/archive-list.ts'
import { unpackLz4Frame } from '../../../web/parts/preview/lz4-frame.ts'
import { daysOf, spansOf } from '../../../web/parts/experiments/days.ts'
import { optionsOf, selectionOf } from '../../../web/parts/downloads/selection.ts'

/** Formats the page reads by itself, and what it works out of answers. */

const LONG = `${'deep/'.repeat(40)}leaf.txt`

async function tar(): Promise<Buffer> {
  const archive = pack()
  archive.entry({ name: 'photos/', type: 'directory' })
  archive.entry({ name: 'photos/one.bin' }, Buffer.alloc(1000, 1))
  archive.entry({ name: LONG }, 'leaf')
  archive.entry({ name: 'ümlaut.txt' }, 'ü')
  archive.entry({ name: 'large.bin' }, Buffer.alloc(700_000, 2))
  archive.entry({ name: 'last.txt' }, 'last')
  archive.finalize()
  return await buffer(archive)
}

async function zip(): Promise<Buffer> {
  const archive = new ZipFile()
  archive.addEmptyDirectory('photos/')
  archive.addBuffer(Buffer.alloc(1000, 1), 'photos/one.bin')
  archive.addBuffer(Buffer.from('ü'), 'ümlaut.txt')
  archive.end({ comment: 'made for a test', forceZip64Format: true } as Parameters<ZipFile['end']>[0])
  return await buffer(archive.outputStream)
}

function list(name: string, bytes: Uint8Array): { listing: ReturnType<typeof listArchive>, read: () => number } {
  let read = 0
  const listing = listArchive(name, bytes.length, async (from, length) => {
    read += length
    return new Uint8Array(bytes.subarray(from, from + length))
  })
  return { listing, read: () => read }
}

describe('K7: archives are listed, not unpacked', () => {
  it('reads of a tar only what its headers lie in; long and other names are right', async () => {
    const bytes = await tar()
    const { listing, read } = list('a.tar', bytes)
    expect(await listing).toEqual({
      isCut: false,
      members: [
        { path: 'photos/', size: 0, kind: 'folder' }, { path: 'photos/one.bin', size: 1000, kind: 'file' }, { path: LONG, size: 4, kind: 'file' },
        { path: 'ümlaut.txt', size: 2, kind: 'file' }, { path: 'large.bin', size: 700_000, kind: 'file' }, { path: 'last.txt', size: 4, kind: 'file' }
      ]
    })
    expect(read()).toBeLessThan(bytes.length * 0.5)
  })

  it('looks through a compressed tar, as far as it goes', async () => {
    const bytes = gzipSync(await tar())
    expect((await list('a.tgz', bytes).listing).members.map(member => member.path)).toContain('last.txt')
    expect(await list('a.tar.gz', bytes.subarray(0, bytes.length / 2)).listing).toMatchObject({ isCut: true })
  })

  it('reads the list at the end of a zip', async () => {
    const { members } = await list('a.zip', await zip()).listing
    expect(members).toEqual([{ path: 'photos/', size: 0, kind: 'folder' }, { path: 'photos/one.bin', size: 1000, kind: 'file' }, { path: 'ümlaut.txt', size: 2, kind: 'file' }])
  })

  it('ends at a bomb: what unpacks to no end is given up', async () => {
    // One member of 300 MB of zeros, 300 kB packed; the next header lies behind it.
    const header = (await tar()).subarray(0, 512)
    const bomb = Buffer.from(header)
    bomb.write(`${(300_000_000).toString(8).padStart(11, '0')}\0`, 124, 'latin1')
    bomb.write('0', 156, 'latin1')
    bomb.fill(' ', 148, 156)
    bomb.write(`${bomb.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    const { listing } = list('bomb.tgz', gzipSync(Buffer.concat([bomb, Buffer.alloc(300_000_000)]), { level: 1 }))
    expect(await listing).toMatchObject({ isCut: true, members: [{ size: 300_000_000 }] })
  }, 20_000)

  it.each(['a.tar', 'a.zip', 'a.tgz'])('says so where %s is something else', async name => {
    const outcome = await list(name, Buffer.alloc(2000, 'nothing of the kind')).listing.catch((error: unknown) => error)
    if (name === 'a.tgz') expect(outcome).toEqual({ members: [], isCut: true })
    else expect(outcome).toBeInstanceOf(RangeError)
  })
})

describe('K7: Arrow', () => {
  const table = tableFromArrays({ id: Int32Array.from({ length: 500 }, (_, i) => i), name: Array.from({ length: 500 }, (_, i) => i % 7 === 0 ? null : `row ${i}`), kind: Array.from({ length: 500 }, (_, i) => i % 2 === 0 ? 'cat' : 'dog') })

  it.each(['file', 'stream'] as const)('reads the %s format', format => {
    const bytes = tableToIPC(table, { format })
    const read = readArrow(bytes ?? new Uint8Array(), true)
    expect(read).toMatchObject({ columns: ['id', 'name', 'kind'], numeric: [true, false, false], isCut: false })
    expect(read.rows).toHaveLength(500)
    expect(read.rows[7]).toEqual(['7', '', 'dog'])
    expect(read.rows[8]).toEqual(['8', 'row 8', 'cat'])
  })

  it('reads the whole batches of a beginning, and none of half a one', () => {
    const bytes = tableToIPC(table, { format: 'file' }) ?? new Uint8Array()
    expect(wholeMessages(bytes).isEnd).toBe(true)
    const half = bytes.subarray(0, bytes.length / 2)
    expect(wholeMessages(half).isEnd).toBe(false)
    expect(readArrow(half, false)).toMatchObject({ columns: ['id', 'name', 'kind'], rows: [], isCut: true })
  })

  it('unpacks LZ4 frames whose blocks refer to what came before', () => {
    const block = Buffer.from([0x35, 0x61, 0x62, 0x63, 3, 0, 0x50, ...Buffer.from('tail!')])
    // The second block begins with no literals and repeats the first one's beginning.
    const linked = Buffer.from([0x00, 17, 0, 0x10, 0x2e])
    const size = (bytes: Buffer): Buffer => Buffer.from([bytes.length, 0, 0, 0])
    const frame = Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0]), size(block), block, size(linked), linked, Buffer.alloc(4)])
    expect(Buffer.from(unpackLz4Frame(frame)).toString()).toBe('abcabcabcabctail!abca.')
    expect(() => unpackLz4Frame(frame.subarray(0, 20))).toThrow(RangeError)
    expect(() => unpackLz4Frame(Buffer.alloc(40))).toThrow(RangeError)
  })
})

describe('K8: days of use', () => {
  const now = Date.UTC(2026, 2, 10, 12)
  it('fills the days without any, and sums up weeks where there are many', () => {
    const used = [{ day: '2026-03-09', reads: 4, downloads: 1, bytes: 10, experiments: 0 }]
    expect(daysOf(used, 3, now).map(({ day, reads }) => [day, reads])).toEqual([['2026-03-08', 0], ['2026-03-09', 4], ['2026-03-10', 0]])
    expect(spansOf(daysOf(used, 30, now))).toHaveLength(30)
    const weeks = spansOf(daysOf(used, 365, now))
    expect(weeks).toHaveLength(53)
    expect(weeks.at(-1)).toMatchObject({ from: '2026-03-04', to: '2026-03-10', reads: 4, text: '2026-03-04 to 2026-03-10' })
    expect(weeks[0]).toMatchObject({ text: weeks[0]?.from })
  })
})

describe('K4: what is asked for', () => {
  const wanted = { part: 'sample', splits: [], sample: '5%', seed: '7' } as const
  it('is nothing while something is missing or wrong', () => {
    expect(selectionOf(wanted, '')).toEqual({ sample: '5%', seed: 7 })
    for (const sample of ['', '0', '-1', '101%', '2.5', 'many']) expect(selectionOf({ ...wanted, sample }, '')).toBeUndefined()
    expect(selectionOf({ ...wanted, seed: '1.5' }, '')).toBeUndefined()
    expect(selectionOf({ ...wanted, part: 'splits' }, '')).toBeUndefined()
    expect(optionsOf(selectionOf({ ...wanted, part: 'folder' }, 'a/b') ?? {})).toEqual(['--prefix', 'a/b'])
  })
})
