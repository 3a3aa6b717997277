import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { flipBit } from '../support/flip-bit.ts'
import { type RunningNode, scratch, shoal, shoalJson, startNode } from '../support/shoal.ts'

/** Two real processes, and the commands people use. */

const place = scratch()
const running: RunningNode[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(node => node.stop()))
  place.clear()
})

async function start(name: string): Promise<string> {
  running.push(await startNode(place.path(name), '--no-examples', '--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0'))
  return place.path(name)
}

const REF = 'ns/data@1.0.0'

describe('two processes', () => {
  it('S7, L1: damage is found and healed from the other one; how many copies there are is shown', async () => {
    const content = randomBytes(400_000)
    mkdirSync(place.path('source'))
    writeFileSync(place.path('source', 'picture.bin'), content)
    const [a, b] = [await start('a'), await start('b')]
    const { invite } = await shoalJson<{ invite: string }>(a, 'invite')
    await shoalJson(b, 'join', invite)
    await shoalJson(a, 'import', place.path('source'), 'ns/data')
    await shoalJson(a, 'publish', 'ns/data')
    await shoalJson(b, 'sync', REF, '--wait')
    expect((await shoal(b, ['keep', 'ns/data'])).stdout).toBe('keeping published of ns/data\n')
    await copiesAre(a, 'safe on 2 of 2')

    await running.pop()?.stop()
    await flipBit(place.path('b', 'store'), content.subarray(100_000, 100_064))
    await start('b')
    const found = await shoal(b, ['verify', REF])
    expect([found.status, found.stderr]).toEqual([1, expect.stringContaining('picture.bin is damaged')])
    await shoalJson(b, 'sync')
    const healed = await shoal(b, ['verify', REF, '--repair'])
    expect([healed.status, healed.stdout]).toEqual([0, expect.stringMatching(/0 files damaged, 1 repaired/)])
    await shoalJson(b, 'checkout', REF, place.path('target'))
    expect((await shoalJson<{ damaged: unknown[] }>(b, 'verify', REF)).damaged).toEqual([])
  })
})

/** A receipt takes a moment to come. */
async function copiesAre(home: string, expected: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if ((await shoal(home, ['dataset', 'show', 'ns/data'])).stdout.includes(`copies         ${REF} ${expected}`)) return
    await sleep(100)
  }
  throw new Error(`never ${expected}`)
}
