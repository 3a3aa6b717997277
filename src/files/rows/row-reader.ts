import { closeSync, openSync, readSync } from 'node:fs'
import { blake3 } from '../../chunks/index.ts'
import { fail } from '../../errors/index.ts'
import { comparePaths } from '../../model/index.ts'
import { BlockDecoder, MAX_BLOCK_BYTES } from './block.ts'
import { BLOCK_HEAD_BYTES, HEAD_BYTES, type Block, type Facts, decodeBlockHead, decodeHead } from './format.ts'
import type { FileStat, Held, Row } from './row.ts'

/** Reads rows one after the other; stands at the first when opened. Memory: one block. */
export class RowReader {
  readonly facts: Facts
  readonly #fd: number
  readonly #isFit: (path: string) => boolean
  readonly #count: number | undefined
  readonly #decoder = new BlockDecoder()
  #isClosed = false
  #block: Block | undefined
  /** Where the block at hand begins, and where the next. */
  #blockAt = HEAD_BYTES
  #at = HEAD_BYTES
  /** Rows of the block before the one at hand, and rows of blocks before it. */
  #inBlock = 0
  #rows = 0
  /** The path it stands at; undefined behind the last. */
  path: string | undefined
  /** The file is not what was written: what it said before may be wrong too. */
  isDamaged = false

  private constructor(fd: number, facts: Facts, isFit: (path: string) => boolean) {
    this.#fd = fd
    this.#isFit = isFit
    this.facts = facts
    this.#count = typeof facts['rows'] === 'number' ? facts['rows'] : undefined
  }

  /**
   * @param isFit whether a path may be in the file, where others than this node may have written it
   * @returns undefined where there is no such file, or none that this reads
   * @throws FORMAT_INVALID as `advance`
   */
  static open(path: string, isFit: (path: string) => boolean = () => true): RowReader | undefined {
    const fd = openIfThere(path)
    if (fd === undefined) return undefined
    const head = Buffer.alloc(HEAD_BYTES)
    const facts = readAll(fd, head, 0) ? decodeHead(head) : undefined
    if (facts === undefined) {
      closeSync(fd)
      return undefined
    }
    const reader = new RowReader(fd, facts, isFit)
    try {
      reader.advance()
      return reader
    } catch (error) {
      reader.close()
      throw error
    }
  }

  /** To the next row. @throws FORMAT_INVALID when the file is damaged; one that was not finished just ends there */
  advance(): void {
    const before = this.path
    this.path = this.#next()
    if (this.path === undefined) return
    if ((before !== undefined && comparePaths(before, this.path) >= 0) || !this.#isFit(this.path)) this.path = this.#damage()
  }

  /** On to a path, or to the first behind it; whether it is there. Never back. @throws FORMAT_INVALID as `advance` */
  seek(path: string): boolean {
    while (this.path !== undefined && this.path !== path && comparePaths(this.path, path) < 0) this.advance()
    return this.path === path
  }

  #next(): string | undefined {
    try {
      if (this.#decoder.next()) this.#inBlock++
      else if (!this.#load() || !this.#decoder.next()) return this.#end()
      return this.#decoder.path
    } catch (error) {
      if (error instanceof RangeError) return this.#damage()
      throw error
    }
  }

  /** Reads the next block. */
  #load(): boolean {
    this.#rows += this.#block?.rows ?? 0
    this.#inBlock = 0
    this.#block = this.#readBlock(this.#at)
    if (this.#block === undefined) return false
    this.#blockAt = this.#at
    this.#at += BLOCK_HEAD_BYTES + this.#block.bytes.length
    this.#decoder.start(this.#block.bytes)
    return true
  }

  #readBlock(at: number): Block | undefined {
    const head = Buffer.alloc(BLOCK_HEAD_BYTES)
    if (!readAll(this.#fd, head, at)) return undefined
    const { length, rows, hash } = decodeBlockHead(head)
    if (length > MAX_BLOCK_BYTES) return undefined
    const bytes = Buffer.alloc(length)
    return readAll(this.#fd, bytes, at + BLOCK_HEAD_BYTES) && Buffer.compare(blake3(bytes), hash) === 0 ? { bytes, rows } : undefined
  }

  #end(): undefined {
    if (this.#count !== undefined && this.#count !== this.#rows) this.#damage()
  }

  #damage(): undefined {
    this.isDamaged = true
    if (this.#count === undefined) return
    fail('FORMAT_INVALID', 'what was noted about a folder is damaged', { file: 'rows' })
  }

  get kind(): Row['kind'] { return this.#decoder.kind }
  /** Whether the row has a stat, and that is this one, all of it. */
  isLike(stat: FileStat): boolean { return this.#decoder.isLike(stat) }
  /** As `isLike`, but for the time of change and the executable bit. */
  isLikeApartFromChange(stat: FileStat): boolean { return this.#decoder.isLikeApartFromChange(stat) }
  held(): Held | undefined { return this.#decoder.held() }
  /** The row it stands at; only where there is one. */
  row(): Row { return this.#decoder.row() }

  /** What it has passed, or what it stands at and all behind that: whole blocks, and the rows of the block at hand. */
  * pieces(part: 'passed' | 'left'): Generator<Block | { readonly row: Row }> {
    if (part === 'left') {
      yield* this.#ownRows(this.#inBlock, Infinity)
      yield* this.#blocks(this.#at, Infinity)
    } else {
      yield* this.#blocks(HEAD_BYTES, this.#block === undefined ? this.#at : this.#blockAt)
      yield* this.#ownRows(0, this.#inBlock)
    }
  }

  * #blocks(from: number, to: number): Generator<Block> {
    for (let at = from; at < to;) {
      const block = this.#readBlock(at)
      if (block === undefined) return
      yield block
      at += BLOCK_HEAD_BYTES + block.bytes.length
    }
  }

  * #ownRows(from: number, to: number): Generator<{ readonly row: Row }> {
    if (this.#block === undefined) return
    const decoder = new BlockDecoder()
    decoder.start(this.#block.bytes)
    for (let i = 0; i < to && decoder.next(); i++) if (i >= from) yield { row: decoder.row() }
  }

  close(): void {
    if (!this.#isClosed) closeSync(this.#fd)
    this.#isClosed = true
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function readAll(fd: number, into: Buffer, position: number): boolean {
  for (let done = 0; done < into.length;) {
    const count = readSync(fd, into, done, into.length - done, position + done)
    if (count === 0) return false
    done += count
  }
  return true
}
