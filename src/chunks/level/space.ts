import { existsSync, rmSync, statSync, statfsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../errors/index.ts'
import { systemChance } from '../../runtime/index.ts'

/** The ballast is written in pieces of this size. Bytes. */
const PIECE_BYTES = 1024 * 1024

/**
 * Keeps the disk from running full under LevelDB, which needs a reopening after that: puts stop while there is still room for what is
 * in memory, and a ballast file gives room for opening on a disk that others have filled.
 */
export class Space {
  readonly #folder: string
  readonly #floorBytes: number
  readonly #ballastBytes: number
  #taking: Promise<void> | undefined

  constructor(folder: string, limits: { readonly floorBytes: number, readonly ballastBytes: number }) {
    this.#folder = folder
    this.#floorBytes = limits.floorBytes
    this.#ballastBytes = limits.ballastBytes
  }

  #free(): number {
    const { bavail, bsize } = statfsSync(this.#folder)
    return bavail * bsize
  }

  get hasRoom(): boolean { return this.#free() >= this.#floorBytes }

  /** @throws DISK_FULL when `bytes` more would leave too little */
  check(bytes: number): void {
    const free = this.#free()
    if (free - bytes >= this.#floorBytes) return
    fail('DISK_FULL', `${free} bytes are free and ${this.#floorBytes} are kept free for the store to stay safe`, { free, floor: this.#floorBytes })
  }

  get #ballast(): string { return join(this.#folder, 'ballast') }

  /** Writes the ballast where it is missing and there is room for it. */
  takeBallast(): Promise<void> {
    return this.#taking ??= this.#takeBallast().finally(() => { this.#taking = undefined })
  }

  async #takeBallast(): Promise<void> {
    if (existsSync(this.#ballast) && statSync(this.#ballast).size === this.#ballastBytes) return
    if (this.#free() < this.#floorBytes + this.#ballastBytes) return
    const file = await open(this.#ballast, 'w')
    try {
      // Random bytes: a file system that compresses would keep no room for zeros.
      const piece = systemChance.bytes(Math.min(PIECE_BYTES, this.#ballastBytes))
      for (let at = 0; at < this.#ballastBytes; at += piece.length) await file.write(piece, 0, Math.min(piece.length, this.#ballastBytes - at))
      await file.sync()
    } finally {
      await file.close()
    }
  }

  /** Gives the ballast's room free. */
  dropBallast(): void {
    rmSync(this.#ballast, { force: true })
  }
}
