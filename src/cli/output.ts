import colors from 'picocolors'
import { type ShoalError, toShoalError } from '../errors/index.ts'
import type { Clock, ProgressSink } from '../runtime/index.ts'
import { ProgressBar } from './progress-bar.ts'

/** Where a command's words go. */
export interface Streams {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

export interface OutputOptions { readonly json: boolean, readonly quiet: boolean, readonly debug: boolean }

/** Results on stdout (text, or JSON with --json), everything else on stderr. */
export class Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly #debug: boolean
  readonly #streams: Streams
  readonly #clock: Clock

  constructor(streams: Streams, clock: Clock, options: OutputOptions) {
    this.json = options.json
    this.quiet = options.quiet
    this.#debug = options.debug
    this.#streams = streams
    this.#clock = clock
  }

  /** A command's result: `value` with --json, else the text `human` makes of it (nothing when quiet). */
  result(value: unknown, human: () => string): void {
    if (this.json) this.#streams.stdout.write(`${JSON.stringify(value)}\n`)
    else if (!this.quiet) this.#line(human())
  }

  /** What was asked for as such (a listing, a log): printed also when quiet. */
  answer(value: unknown, human: () => string): void {
    if (this.json) this.#streams.stdout.write(`${JSON.stringify(value)}\n`)
    else this.#line(human())
  }

  /** A stream of values: one JSON value a line, or one line of text each. Waits while the reader is slow. */
  async stream<T>(values: AsyncIterable<T>, human: (value: T) => string): Promise<number> {
    let count = 0
    for await (const value of values) {
      count++
      await this.bytes(`${this.json ? JSON.stringify(value) : human(value)}\n`)
    }
    return count
  }

  /** Raw output, as fast as the reader takes it. */
  async bytes(bytes: Uint8Array | string): Promise<void> {
    if (this.#streams.stdout.write(bytes)) return
    await new Promise<void>(resolve => this.#streams.stdout.once('drain', resolve))
  }

  /** Something worth knowing beside the result. */
  notice(text: string): void {
    if (!this.quiet) this.#streams.stderr.write(`${text}\n`)
  }

  warn(text: string): void {
    this.#streams.stderr.write(`${colors.yellow('warning:')} ${text}\n`)
  }

  /** One line: what is wrong, with what, and what to do. */
  error(error: unknown): ShoalError {
    const failure = toShoalError(error)
    if (this.json) this.#streams.stderr.write(`${JSON.stringify({ error: { ...failure.toWire(), title: failure.title, advice: failure.advice } })}\n`)
    else this.#streams.stderr.write(`${colors.red('error:')} ${failure.message}. ${failure.advice}\n`)
    if (this.#debug) this.#streams.stderr.write(`${failure.stack ?? ''}\n${failure.cause instanceof Error ? `caused by ${failure.cause.stack}\n` : ''}`)
    return failure
  }

  /** Runs `work` under a progress bar, on a terminal only. */
  async progress<T>(work: (sink: ProgressSink | undefined) => Promise<T>): Promise<T> {
    if (this.json || this.quiet || !this.#streams.stderr.isTTY) return await work(undefined)
    const bar = new ProgressBar(this.#streams.stderr, () => this.#clock.now())
    try {
      return await work(bar.update)
    } finally {
      bar.end()
    }
  }

  #line(text: string): void {
    if (text !== '') this.#streams.stdout.write(`${text}\n`)
  }
}
