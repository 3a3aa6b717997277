import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Catalog } from '../../../src/catalog/index.ts'
import { HomePlace } from '../../../src/daemon/home-place.ts'
import { OwnPast } from '../../../src/daemon/own-past.ts'
import type { Log } from '../../../src/runtime/index.ts'
import type { Network } from '../../../src/sync/index.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'shoal-past-')) })
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

/** A node whose members answer when `answer` is called; this device's own log then stands at `seq`. */
function world(others: number) {
  let seq = 7
  let settle: (peers: number) => void = () => undefined
  const answered = new Promise<number>(resolve => { settle = resolve })
  const warnings: string[] = []
  const network = { sync: async () => ({ peers: await answered }) } as unknown as Network
  const catalog = { device: 'me', logHeads: async () => [{ document: 'data', device: 'me', seq }, { document: 'data', device: 'you', seq: 3 * seq }] } as unknown as Catalog
  const past = new OwnPast(new HomePlace(folder, false), () => others)
  const log = { warn: (text: string) => { warnings.push(text) } } as unknown as Log
  return {
    past,
    warnings,
    hear: () => past.hear(network, catalog, log, new AbortController().signal),
    answer: (peers: number, at = 7) => { seq = at; settle(peers) }
  }
}

/** Whether this device may sign at this moment. */
async function may(past: OwnPast): Promise<boolean> {
  const waiting = past.mayWrite()
  return waiting === undefined || await Promise.race([waiting.then(() => true), new Promise<false>(resolve => setImmediate(() => resolve(false)))])
}

it('a node that stays offline, or has nobody to ask, signs at once', async () => {
  expect(await may(world(3).past)).toBe(true)
  const alone = world(0)
  alone.past.expect()
  expect(await may(alone.past)).toBe(true)
})

it('one that goes online signs once a member has told what this device said; it tells when that was more than it knew', async () => {
  for (const [at, warnings] of [[7, 0], [9, 1]] as const) {
    const one = world(1)
    one.past.expect()
    const hearing = one.hear()
    expect(await may(one.past)).toBe(false)
    one.answer(1, at)
    await hearing
    expect(await may(one.past)).toBe(true)
    expect(one.warnings).toHaveLength(warnings)
  }
})

it('one that nobody answers signs after five seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const one = world(2)
  one.past.expect()
  void one.hear()
  await vi.advanceTimersByTimeAsync(4_900)
  expect(await may(one.past)).toBe(false)
  await vi.advanceTimersByTimeAsync(200)
  expect(await may(one.past)).toBe(true)
})
