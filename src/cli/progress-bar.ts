import type { Progress, ProgressSink } from '../runtime/index.ts'
import { formatBytes, formatCount, formatDuration } from './format.ts'

/** Nobody needs a bar for what is done sooner than this. Milliseconds. */
const SHOW_AFTER_MS = 1000
/** Redraws: live to the eye, cheap on a slow terminal. Milliseconds. */
const REDRAW_MS = 100
/** Over how long the rate is smoothed. Milliseconds. */
const RATE_WINDOW_MS = 5000
const BAR_WIDTH = 24

interface Terminal { write(text: string): unknown, readonly columns?: number }

/** One line on a terminal that is drawn over: phase, bar, amount, rate and time left. */
export class ProgressBar {
  readonly #terminal: Terminal
  readonly #now: () => number
  readonly #startedAt: number
  #drawnAt = 0
  #shown = false
  #samples: { at: number, bytes: number, files: number }[] = []

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal
    this.#now = now
    this.#startedAt = now()
  }

  readonly update: ProgressSink = progress => {
    const at = this.#now()
    if (this.#samples.at(-1)?.bytes !== progress.bytes && progress.bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = []
    this.#samples.push({ at, bytes: progress.bytes, files: progress.files })
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > RATE_WINDOW_MS) this.#samples.shift()
    if (at - this.#startedAt < SHOW_AFTER_MS || at - this.#drawnAt < REDRAW_MS) return
    this.#drawnAt = at
    this.#shown = true
    this.#terminal.write(`\r\u001b[2K${this.#line(progress).slice(0, (this.#terminal.columns ?? 80) - 1)}`)
  }

  /** Wipes the line, so that what is printed next starts clean. */
  end(): void {
    if (this.#shown) this.#terminal.write('\r\u001b[2K')
    this.#shown = false
  }

  #line(progress: Progress): string {
    const { bytes, files } = this.#rates()
    const share = shareOf(progress)
    const parts = [progress.phase.padEnd(9)]
    if (share !== undefined) parts.push(`${bar(share)} ${String(Math.floor(share * 100)).padStart(3)}%`)
    if (progress.bytes > 0) parts.push(formatBytes(progress.bytes) + (progress.totalBytes === undefined ? '' : ` of ${formatBytes(progress.totalBytes)}`))
    parts.push(`${formatCount(progress.files)}${progress.totalFiles === undefined ? '' : ` of ${formatCount(progress.totalFiles)}`} files`)
    if (bytes > 0) parts.push(`${formatBytes(bytes)}/s`)
    const left = timeLeft(progress, bytes, files)
    if (left !== undefined) parts.push(`${formatDuration(left)} left`)
    if (progress.current !== undefined) parts.push(progress.current)
    return parts.join('  ')
  }

  /** Per second, over the window. */
  #rates(): { bytes: number, files: number } {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.at <= first.at) return { bytes: 0, files: 0 }
    const seconds = (last.at - first.at) / 1000
    return { bytes: (last.bytes - first.bytes) / seconds, files: (last.files - first.files) / seconds }
  }
}

function shareOf(progress: Progress): number | undefined {
  if (progress.totalBytes !== undefined && progress.totalBytes > 0) return Math.min(1, progress.bytes / progress.totalBytes)
  if (progress.totalFiles !== undefined && progress.totalFiles > 0) return Math.min(1, progress.files / progress.totalFiles)
  return undefined
}

function timeLeft(progress: Progress, bytesRate: number, filesRate: number): number | undefined {
  if (progress.totalBytes !== undefined && bytesRate > 0) return (progress.totalBytes - progress.bytes) / bytesRate
  if (progress.totalFiles !== undefined && filesRate > 0) return (progress.totalFiles - progress.files) / filesRate
  return undefined
}

function bar(share: number): string {
  const full = Math.round(share * BAR_WIDTH)
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`
}
