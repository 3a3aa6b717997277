import { setTimeout as sleep } from 'node:timers/promises'

/** Asks often while it may be a matter of milliseconds, and then less: an answer may take a process of its own. Milliseconds. */
const OFTEN_MS = 5
const SELDOM_MS = 100
const OFTEN_FOR_MS = 2_000

/** Asks until the answer is as wished. @returns milliseconds it took @throws the last answer, when it is not within `ms` */
export async function untilAnswer<T>(ask: () => T | Promise<T>, wished: (answer: T) => boolean, ms = 20_000): Promise<number> {
  const begun = performance.now()
  for (;;) {
    const answer = await ask()
    const took = performance.now() - begun
    if (wished(answer)) return took
    if (took > ms) throw new Error(`not so after ${ms} ms: ${typeof answer === 'boolean' ? ask.toString() : JSON.stringify(answer)}`)
    await sleep(took < OFTEN_FOR_MS ? OFTEN_MS : SELDOM_MS)
  }
}

/** Waits until something is so. @returns milliseconds it took */
export const until = (condition: () => boolean | Promise<boolean>, ms = 20_000): Promise<number> => untilAnswer(condition, isSo => isSo, ms)
