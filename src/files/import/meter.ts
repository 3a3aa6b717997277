import type { ProgressSink } from '../../runtime/index.ts'
import type { Totals } from './count.ts'

/** Between two reports of progress. Milliseconds. */
const REPORT_MS = 100

/** Counts what an import does and tells about it. */
export class Meter {
  readonly #progress: ProgressSink
  #totals: { readonly totalFiles?: number, readonly totalBytes?: number } = {}
  #reportedAt = 0
  files = 0
  bytes = 0

  constructor(progress: ProgressSink) {
    this.#progress = progress
  }

  expect({ files, bytes }: Totals): void {
    this.#totals = { totalFiles: files, ...bytes === undefined ? {} : { totalBytes: bytes } }
  }

  /** @param current the path at hand */
  tick(current: string): void {
    const now = performance.now()
    if (now - this.#reportedAt < REPORT_MS) return
    this.#reportedAt = now
    this.#progress({ phase: 'importing', files: this.files, bytes: this.bytes, ...this.#totals, current })
  }
}
