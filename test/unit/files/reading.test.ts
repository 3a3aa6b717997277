import { appendFileSync, lstatSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ChunkStore, type Ingester, createIngester, createMemoryStore } from '../../../src/chunks/index.ts'
import { fail } from '../../../src/errors/index.ts'
import { isRacy, statOf } from '../../../src/files/import/disk.ts'
import { readStanding } from '../../../src/files/import/reading.ts'

describe('reading a file of a source', () => {
  let folder: string
  let file: string
  let store: ChunkStore
  let tries = 0
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shoal-reading-'))
    file = join(folder, 'file')
    writeFileSync(file, 'content')
    store = createMemoryStore()
    tries = 0
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const look = (): ReturnType<typeof statOf> => statOf(lstatSync(file, { bigint: true }))
  const read = (expected = look(), onRead = (): void => undefined): ReturnType<typeof readStanding> =>
    readStanding(createIngester(store), file, expected, { signal: new AbortController().signal, onRead, onTry: () => { tries++ } })

  it('takes it as it stands', async () => {
    expect(await read()).toMatchObject({ kind: 'read', ingested: { size: 7 }, stat: { size: 7 } })
    expect(tries).toBe(1)
  })

  it('reads again what changed since the folder was looked at, or while it was read', async () => {
    const before = look()
    appendFileSync(file, ' and more')
    expect(await read(before)).toMatchObject({ kind: 'read', ingested: { size: 16 }, stat: { size: 16 } })
    expect(tries).toBe(2)
    let changes = 0
    expect(await read(look(), () => { if (changes++ === 0) appendFileSync(file, '!') })).toMatchObject({ kind: 'read', stat: { size: 17 }, ingested: { size: 17 } })
  })

  it('leaves out what never stands still', async () => {
    expect(await read(look(), () => appendFileSync(file, 'x'.repeat(400_000)))).toMatchObject({ kind: 'left', problem: 'changing' })
    expect(tries).toBe(3)
  })

  it('sees another file of the same size and times in its place', async () => {
    const before = look()
    expect(await read({ ...before, ino: before.ino + 1n })).toMatchObject({ kind: 'read' })
    expect(tries).toBe(2)
  })

  it('follows no link that came in its place, waits for no pipe, and knows when it is gone', async () => {
    const before = look()
    unlinkSync(file)
    symlinkSync('/etc/hostname', file)
    expect(await read(before)).toMatchObject({ kind: 'left', problem: 'symlink' })
    unlinkSync(file)
    expect(await read(before)).toEqual({ kind: 'gone' })
  })

  it('tells an unreadable file from a failing store', async () => {
    const failing = (code: 'SOURCE_UNREADABLE' | 'DISK_FULL'): Ingester => ({ ...createIngester(store), file: async () => fail(code, 'no', { reason: 'EIO' }) })
    const options = { signal: new AbortController().signal, onRead: () => undefined, onTry: () => undefined }
    expect(await readStanding(failing('SOURCE_UNREADABLE'), file, look(), options)).toEqual({ kind: 'left', problem: 'unreadable', detail: 'it can not be read (EIO)' })
    await expect(readStanding(failing('DISK_FULL'), file, look(), options)).rejects.toMatchObject({ code: 'DISK_FULL' })
  })

  it('does not trust times that can not tell the next change', () => {
    const at = (ns: bigint): Parameters<typeof isRacy>[0] => ({ size: 1, mtimeNs: ns, ctimeNs: ns, ino: 1n, executable: false })
    const now = 1_700_000_000_000
    const nowNs = BigInt(now) * 1_000_000n
    expect(isRacy(at(nowNs - 50_000_001n), now)).toBe(true)
    expect(isRacy(at(nowNs - 150_000_001n), now)).toBe(false)
    // A file system that counts in seconds, or in twos of them.
    expect(isRacy(at(nowNs - 1_000_000_000n), now)).toBe(true)
    expect(isRacy(at(nowNs - 3_000_000_000n), now)).toBe(false)
    expect(isRacy(at(nowNs + 3_600_000_000_001n), now)).toBe(true)
  })
})
