import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Row, RowReader, RowWriter } from '../rows/index.ts'

/** What is known of a source between runs: one file, read while the next one is written. */
export class Remembered {
  readonly #path: string
  /** What the last run left; undefined where there is nothing of use. */
  readonly before: RowReader | undefined
  #writer: RowWriter | undefined

  /** @param path of the file @throws FORMAT_INVALID when it is damaged */
  constructor(path: string) {
    this.#path = path
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.before = RowReader.open(path)
  }

  get isDamaged(): boolean { return this.before?.isDamaged === true }

  /** Whether what is known has changed, so that it is written anew. */
  get isWriting(): boolean { return this.#writer !== undefined }

  /** Begins to write, once: the rows that `before` has passed stay as they are. */
  begin(): void {
    if (this.#writer !== undefined) return
    this.#writer = new RowWriter(`${this.#path}.next`)
    if (this.before !== undefined) this.#writer.copy(this.before, 'passed')
  }

  add(row: Row): void {
    this.#writer?.add(row)
  }

  /** Puts what is known by now in place, in case this run ends here. @param ahead rows that come next, before those not read yet */
  checkpoint(ahead: readonly Row[]): void {
    if (this.#writer === undefined) return
    const copy = this.#writer.branch(`${this.#path}.checkpoint`)
    for (const row of ahead) copy.add(row)
    if (this.before !== undefined) copy.copy(this.before, 'left')
    copy.finish(this.#path, {})
  }

  /** @param facts what the rows tell about as a whole */
  finish(facts: { readonly tree: string, readonly whole: boolean, readonly files: number }): void {
    this.#writer?.finish(this.#path, facts)
    this.#writer = undefined
  }

  /** Lets go of everything; what is in place stays. */
  close(): void {
    this.before?.close()
    this.#writer?.drop()
    this.#writer = undefined
  }

  static forget(path: string): void {
    rmSync(path, { force: true })
  }
}
