import { setTimeout as wait } from 'node:timers/promises'

/** A signal that fires after `ms` milliseconds or when `signal` does: every wait has one. */
export const deadline = (ms: number, signal?: AbortSignal): AbortSignal =>
  signal === undefined ? AbortSignal.timeout(ms) : AbortSignal.any([signal, AbortSignal.timeout(ms)])

export function throwIfAborted(signal: AbortSignal | undefined): void {
  signal?.throwIfAborted()
}

/** @param ms milliseconds */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> => wait(ms, undefined, signal === undefined ? {} : { signal })
