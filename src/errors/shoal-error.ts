import { FAILURES, type FailureCode } from './failures.ts'

/** An error in a form that crosses threads, sockets and HTTP. */
export interface WireError {
  readonly code: FailureCode
  readonly detail: string
  /** Facts about the failure for programs, e.g. `{ field: 'name', path: 'a/b' }`. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** A failure a user can read: what is wrong, with what, and (from the table) what to do. */
export class ShoalError extends Error {
  readonly code: FailureCode
  readonly facts: Readonly<Record<string, unknown>>

  constructor(code: FailureCode, detail: string, facts: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(detail, options)
    this.name = code
    this.code = code
    this.facts = facts
  }

  get status(): number { return FAILURES[this.code].status }
  get exit(): number { return FAILURES[this.code].exit }
  get title(): string { return FAILURES[this.code].title }
  get advice(): string { return FAILURES[this.code].advice }

  toWire(): WireError {
    return { code: this.code, detail: this.message, facts: this.facts }
  }

  static fromWire(wire: WireError): ShoalError {
    const known = Object.hasOwn(FAILURES, wire.code)
    return new ShoalError(known ? wire.code : 'INTERNAL', wire.detail, wire.facts)
  }
}

/** Throws a `ShoalError`. `detail` says what is wrong and with what, in one sentence without a final full stop. */
export function fail(code: FailureCode, detail: string, facts?: Readonly<Record<string, unknown>>, cause?: unknown): never {
  throw new ShoalError(code, detail, facts, cause === undefined ? undefined : { cause })
}

export const isShoalError = (error: unknown, code?: FailureCode): error is ShoalError =>
  error instanceof ShoalError && (code === undefined || error.code === code)

/** Node's error codes that have a failure of their own. */
const SYSTEM_CODES: Readonly<Record<string, FailureCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  ABORT_ERR: 'CANCELLED',
  ETIMEDOUT: 'TIMED_OUT'
}

/** Any thrown value as a `ShoalError`; what is not known becomes INTERNAL with the original as its cause. */
export function toShoalError(error: unknown): ShoalError {
  if (error instanceof ShoalError) return error
  if (error instanceof Error) {
    if (error.name === 'AbortError') return new ShoalError('CANCELLED', 'the work was cancelled', {}, { cause: error })
    if (error.name === 'TimeoutError') return new ShoalError('TIMED_OUT', 'the work took longer than allowed', {}, { cause: error })
    const systemCode = 'code' in error && typeof error.code === 'string' ? error.code : ''
    const code = Object.hasOwn(SYSTEM_CODES, systemCode) ? SYSTEM_CODES[systemCode] : undefined
    return new ShoalError(code ?? 'INTERNAL', error.message, {}, { cause: error })
  }
  return new ShoalError('INTERNAL', String(error))
}
