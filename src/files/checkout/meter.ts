import type { ProgressSink } from '../../runtime/index.ts'

/** Between two reports of progress. Milliseconds. */
const REPORT_MS = 100

/** Counts what a checkout does and tells about it. */
export class CheckoutMeter {
  readonly #progress: ProgressSink
  #totals: { readonly totalFiles?: number, readonly totalBytes?: number } = {}
  #phase = 'comparing'
  #reportedAt = 0
  #files = 0
  #bytes = 0

  constructor(progress: ProgressSink) {
    this.#progress = progress
  }

  compared(path: string): void {
    this.#files++
    this.#tick(path)
  }

  /** What is compared is known; now so many files are written. */
  expect(files: number, bytes: number): void {
    this.#phase = 'writing'
    this.#files = 0
    this.#totals = { totalFiles: files, totalBytes: bytes }
  }

  wrote(path: string, bytes: number): void {
    this.#bytes += bytes
    this.#tick(path)
  }

  placed(path: string): void {
    this.#files++
    this.#tick(path)
  }

  #tick(current: string): void {
    const now = performance.now()
    if (now - this.#reportedAt < REPORT_MS) return
    this.#reportedAt = now
    this.#progress({ phase: this.#phase, files: this.#files, bytes: this.#bytes, ...this.#totals, current })
  }
}
