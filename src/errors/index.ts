/** Every failure Shoal can report, once: its code decides the HTTP status, the exit status, the title and the advice. */
export { FAILURES, type FailureCode } from './failures.ts'
export { ShoalError, fail, toShoalError, isShoalError, type WireError } from './shoal-error.ts'
