import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { blake3 } from '../chunks/index.ts'
import { HASH_BYTES, type Hash, comparePaths, sameHash } from '../model/index.ts'

/** How a file of the disk looked when it was last read or written. Times in nanoseconds since 1970. */
export interface FileStat { readonly size: number, readonly mtimeNs: bigint, readonly ctimeNs: bigint, readonly ino: bigint, readonly executable: boolean }

export interface FileRow extends FileStat {
  readonly path: string
  readonly folder: boolean
  readonly hash: Hash
  /** How its content lies in chunks, as `packContent` writes it; empty for whole files and folders. */
  readonly content: Uint8Array
}

const MAGIC = 'shoal files 1\n'
const NOTHING = new Uint8Array()
/** 0: path is a folder; 1: executable. */
const FOLDER = 1
const EXECUTABLE = 2
const TEXT_PROFILE = 4

export type Profile = 'binary' | 'text'

/**
 * Rows about many files, in the order of paths, in columns: a million of them take some 150 MB instead of a gigabyte of objects.
 * Kept between runs in one checked file.
 */
export class FileTable {
  readonly paths: string[] = []
  #size = new Float64Array(64)
  #mtime = new BigInt64Array(64)
  #ctime = new BigInt64Array(64)
  #ino = new BigUint64Array(64)
  #flags = new Uint8Array(64)
  #hashes = new Uint8Array(64 * HASH_BYTES)
  readonly #contents = new Map<number, Uint8Array>()

  get length(): number { return this.paths.length }

  /** Rows must come in the order of `comparePaths`. */
  add(row: Omit<FileRow, 'hash' | 'content'>): number {
    const at = this.paths.length
    if (at === this.#size.length) this.#grow()
    this.paths.push(row.path)
    this.#setStat(at, row, row.folder)
    return at
  }

  #setStat(at: number, stat: FileStat, folder: boolean): void {
    this.#size[at] = stat.size
    this.#mtime[at] = stat.mtimeNs
    this.#ctime[at] = stat.ctimeNs
    this.#ino[at] = stat.ino
    this.#flags[at] = (folder ? FOLDER : 0) | (stat.executable ? EXECUTABLE : 0)
  }

  /** What was found when the file was read. */
  setContent(at: number, stat: FileStat, hash: Hash, profile: Profile, content: Uint8Array): void {
    this.#setStat(at, stat, false)
    if (profile === 'text') this.#flags[at]! |= TEXT_PROFILE
    this.#hashes.set(hash, at * HASH_BYTES)
    if (content.length > 0) this.#contents.set(at, content)
  }

  /** Makes the next run read the file again: its times don't tell enough. */
  distrust(at: number): void {
    this.#mtime[at] = 0n
    this.#ctime[at] = 0n
  }

  /** Takes over what another table knows of a file that did not change. */
  copyContent(at: number, from: FileTable, row: number): void {
    this.#hashes.set(from.hash(row), at * HASH_BYTES)
    this.#flags[at]! |= from.#flags[row]! & TEXT_PROFILE
    const content = from.#contents.get(row)
    if (content !== undefined) this.#contents.set(at, content)
  }

  isFolder(at: number): boolean { return (this.#flags[at]! & FOLDER) !== 0 }
  isExecutable(at: number): boolean { return (this.#flags[at]! & EXECUTABLE) !== 0 }
  profile(at: number): Profile { return (this.#flags[at]! & TEXT_PROFILE) !== 0 ? 'text' : 'binary' }
  size(at: number): number { return this.#size[at]! }
  hash(at: number): Hash { return this.#hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES) }
  content(at: number): Uint8Array { return this.#contents.get(at) ?? NOTHING }
  /** Whether a row was read: what was not has the zero hash. */
  wasRead(at: number): boolean { return this.hash(at).some(byte => byte !== 0) }

  /** Whether the file looks as it did then: size, both times, inode. */
  looksSame(at: number, other: FileTable, row: number): boolean {
    return this.#size[at] === other.#size[row] && this.#mtime[at] === other.#mtime[row] && this.#ctime[at] === other.#ctime[row] &&
      this.#ino[at] === other.#ino[row] && (this.#flags[at]! & FOLDER) === (other.#flags[row]! & FOLDER)
  }

  /** As `looksSame`, without the time of change (a rename sets it). */
  matches(at: number, stat: FileStat): boolean {
    return this.#size[at] === stat.size && this.#mtime[at] === stat.mtimeNs && this.#ino[at] === stat.ino
  }

  sameContent(at: number, hash: Hash, executable: boolean): boolean {
    return this.isExecutable(at) === executable && sameHash(this.hash(at), hash)
  }

  /** Index of a path, or -1. */
  find(path: string): number {
    let low = 0
    let high = this.paths.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const order = comparePaths(this.paths[middle]!, path)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  #grow(): void {
    const length = this.#size.length * 2
    const wider = <T extends Float64Array | BigInt64Array | BigUint64Array | Uint8Array>(column: T, size: number): T => {
      const next = new (column.constructor as new (size: number) => T)(size)
      next.set(column as never)
      return next
    }
    this.#size = wider(this.#size, length)
    this.#mtime = wider(this.#mtime, length)
    this.#ctime = wider(this.#ctime, length)
    this.#ino = wider(this.#ino, length)
    this.#flags = wider(this.#flags, length)
    this.#hashes = wider(this.#hashes, length * HASH_BYTES)
  }

  /** Writes the table to a file, whole or not at all. @param header what the table is about: JSON */
  save(path: string, header: unknown): void {
    const count = this.paths.length
    const column = (array: ArrayBufferView, bytes: number): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, bytes)
    const contents = [...this.#contents].flatMap(([at, content]) => [numbers(at, content.length), content])
    const parts = [
      Buffer.from(MAGIC), Buffer.from(`${JSON.stringify(header)}\n`), numbers(count, this.#contents.size),
      column(this.#size, count * 8), column(this.#mtime, count * 8), column(this.#ctime, count * 8), column(this.#ino, count * 8),
      this.#flags.subarray(0, count), this.#hashes.subarray(0, count * HASH_BYTES), ...contents, Buffer.from(this.paths.join('\n'))
    ]
    const bytes = Buffer.concat(parts)
    const next = `${path}.${process.pid}.next`
    writeFileSync(next, Buffer.concat([blake3(bytes), bytes]), { mode: 0o600 })
    renameSync(next, path)
  }

  /** The table of a file, or undefined where there is none or it is damaged: then nothing is known. */
  static load<Header>(path: string): { header: Header, table: FileTable } | undefined {
    let file: Buffer
    try {
      file = readFileSync(path)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
    const bytes = file.subarray(HASH_BYTES)
    if (file.length < HASH_BYTES || Buffer.compare(blake3(bytes), file.subarray(0, HASH_BYTES)) !== 0 || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
      rmSync(path, { force: true })
      return undefined
    }
    return FileTable.#decode(bytes)
  }

  static #decode<Header>(bytes: Buffer): { header: Header, table: FileTable } {
    const table = new FileTable()
    let at = bytes.indexOf(10, MAGIC.length) + 1
    const header = JSON.parse(bytes.toString('utf8', MAGIC.length, at)) as Header
    const take = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes.subarray(at, at += length))
    const [count, contents] = readNumbers(take(8))
    table.#size = new Float64Array(take(count * 8).buffer)
    table.#mtime = new BigInt64Array(take(count * 8).buffer)
    table.#ctime = new BigInt64Array(take(count * 8).buffer)
    table.#ino = new BigUint64Array(take(count * 8).buffer)
    table.#flags = take(count)
    table.#hashes = take(count * HASH_BYTES)
    for (let i = 0; i < contents; i++) {
      const [row, length] = readNumbers(take(8))
      table.#contents.set(row, take(length))
    }
    if (count > 0) for (const path of bytes.toString('utf8', at).split('\n')) table.paths.push(path)
    return { header, table }
  }
}

const numbers = (a: number, b: number): Uint8Array => new Uint8Array(Uint32Array.of(a, b).buffer)

function readNumbers(bytes: Uint8Array<ArrayBuffer>): [number, number] {
  const [a = 0, b = 0] = new Uint32Array(bytes.buffer)
  return [a, b]
}
