/** How far a piece of work is. Totals are missing while they are not known. */
export interface Progress {
  /** What is being done now, for people: `reading`, `writing`, `checking`. */
  readonly phase: string
  readonly files: number
  readonly bytes: number
  readonly totalFiles?: number
  readonly totalBytes?: number
  /** The path at hand. */
  readonly current?: string
}

export type ProgressSink = (progress: Progress) => void

export const ignoreProgress: ProgressSink = () => undefined
