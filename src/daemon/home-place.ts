import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync, type BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../errors/index.ts'

/** A file's identity on its disk: the number and the birth of what holds it, which no copy has. */
const identityOf = ({ ino, birthtimeNs }: BigIntStats): string => `${ino}/${birthtimeNs}`

/**
 * Whether a home still lies where this device wrote last. A copy, or a home restored from a backup, holds the device's key but perhaps
 * not all the device has signed since: writing on from there would contradict it, and cost what either said from then on. So a copy
 * writes nothing until another member has told it what its own device said. A file that names its own place on the disk gives it away.
 */
export class HomePlace {
  readonly #path: string
  #isCopy: boolean

  /** @param isMoved its owner says that there is no other copy */
  constructor(folder: string, isMoved: boolean) {
    this.#path = join(folder, 'place')
    const isKnown = existsSync(this.#path)
    this.#isCopy = isKnown && !isMoved && readFileSync(this.#path, 'utf8') !== identityOf(statSync(this.#path, { bigint: true }))
    if (!isKnown || isMoved) this.settle()
  }

  get isCopy(): boolean { return this.#isCopy }

  /** From now on this is the device's home. */
  settle(): void {
    const next = `${this.#path}.next`
    const file = openSync(next, 'w', 0o600)
    try {
      writeSync(file, identityOf(fstatSync(file, { bigint: true })))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(next, this.#path)
    this.#isCopy = false
  }

  /** @param others members that could know more of this device @throws HOME_COPIED */
  check(others: number): void {
    if (!this.#isCopy) return
    if (others > 0) fail('HOME_COPIED', 'this home was copied or restored from a backup, and has not heard yet what this device said since')
    this.settle()
  }
}
