/** What is to be done about one entry of the version. */
export const ENTRY = {
  /** Nothing: the folder can't hold it. */
  skip: 0,
  /** Its file is there as it should be. */
  same: 1,
  /** Only the executable bit is not as it should be. */
  mode: 2,
  /** Write it where nothing was. */
  write: 3,
  /** Write it in place of what is there. */
  replace: 4,
  /** A folder to be there. */
  folder: 5
} as const

/** What is to be done about one row of an earlier checkout. */
export const ROW = { keep: 0, remove: 1, removeFolder: 2 } as const

/** Decisions in the order of entries or rows, a byte each: a survey of a million files fits in a megabyte. */
export class Decisions<T extends number> {
  #bytes = new Uint8Array(1024)
  #length = 0

  add(decision: T): void {
    if (this.#length === this.#bytes.length) {
      const bytes = new Uint8Array(2 * this.#length)
      bytes.set(this.#bytes)
      this.#bytes = bytes
    }
    this.#bytes[this.#length++] = decision
  }

  get length(): number { return this.#length }

  at(index: number): T { return this.#bytes[index] as T }
}

export type EntryDecision = typeof ENTRY[keyof typeof ENTRY]
export type RowDecision = typeof ROW[keyof typeof ROW]
