import { closeSync, constants, copyFileSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { BlockEncoder } from './block.ts'
import { HEAD_BYTES, type Facts, encodeBlockHead, encodeHead } from './format.ts'
import type { Row } from './row.ts'
import type { RowReader } from './row-reader.ts'

/** Writes rows, given in the order of their paths, to a file. Nothing is in its place before `finish`. */
export class RowWriter {
  readonly #path: string
  readonly #fd: number
  readonly #encoder = new BlockEncoder()
  #at = HEAD_BYTES
  #rows = 0

  /** @param path where it is written at first @param from what is there already and stays; default: what is there goes */
  constructor(path: string, from?: { readonly rows: number, readonly bytes: number }) {
    this.#path = path
    if (from !== undefined) {
      this.#fd = openSync(path, 'r+')
      this.#rows = from.rows
      this.#at = from.bytes
      return
    }
    // Made anew: what is there might be a link to elsewhere.
    rmSync(path, { force: true })
    this.#fd = openSync(path, 'wx', 0o600)
    this.#write(encodeHead({}), 0)
  }

  add(row: Row): void {
    if (this.#encoder.isFull) this.flush()
    this.#encoder.add(row)
  }

  /** Hands the rows so far to the system: they are there when this process is killed. */
  flush(): void {
    const { rows } = this.#encoder
    if (rows > 0) this.#block(this.#encoder.take(), rows)
  }

  #block(bytes: Uint8Array, rows: number): void {
    const head = encodeBlockHead({ bytes, rows })
    this.#write(head, this.#at)
    this.#write(bytes, this.#at + head.length)
    this.#at += head.length + bytes.length
    this.#rows += rows
  }

  /** Adds what a reader has passed, or what it stands at and all behind that. The reader stays where it is. */
  copy(reader: RowReader, part: 'passed' | 'left'): void {
    for (const piece of reader.pieces(part)) {
      if ('row' in piece) this.add(piece.row)
      else {
        this.flush()
        this.#block(piece.bytes, piece.rows)
      }
    }
  }

  /** A copy of what was added so far, to be gone on with at another path. */
  branch(path: string): RowWriter {
    this.flush()
    rmSync(path, { force: true })
    copyFileSync(this.#path, path, constants.COPYFILE_EXCL)
    return new RowWriter(path, { rows: this.#rows, bytes: this.#at })
  }

  /** Closes the file where it is, not finished: what was flushed can be read. */
  leave(): void {
    this.flush()
    closeSync(this.#fd)
  }

  /** Puts the file in its place. */
  finish(place: string, facts: Facts): void {
    this.flush()
    this.#write(encodeHead({ ...facts, rows: this.#rows }), 0)
    closeSync(this.#fd)
    renameSync(this.#path, place)
  }

  drop(): void {
    closeSync(this.#fd)
    rmSync(this.#path, { force: true })
  }

  #write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done)
  }
}
