import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinWorkspace } from '../../../src/catalog/index.ts'
import { seededChance } from '../../../src/runtime/index.ts'
import { readEnvelope } from '../../../src/trust/index.ts'
import { times, within } from '../../support/times.ts'
import { resigned } from './forge.ts'
import { type Peer, World, envelopesOf, hash, only, publishRequest } from './world.ts'

type Step = { readonly kind: string, readonly who: number, readonly n: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('edit', 'commit', 'tag'), who: fc.nat(3), n: fc.nat(9) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('send'), who: fc.nat(3), n: fc.nat(99) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('fork', 'publish', 'role', 'remove', 'add'), who: fc.nat(3), n: fc.nat(9) }) }
)

describe('devices that lie, leave and return', () => {
  it('leave the same behind on every node, in whatever order it is heard of them', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), fc.nat(), async (steps, seed) => {
      const place = await World.make(seed)
      try {
        await run(place, steps, seededChance(seed))
      } finally {
        await place.remove()
      }
    }), { numRuns: times(4) })
  }, within(60_000))

  it('also where nothing of a dataset counts any more: its founder contradicted the very beginning', async () => {
    const place = await World.make(0)
    try {
      await run(place, [
        { kind: 'send', who: 0, n: 0 }, { kind: 'edit', who: 0, n: 0 }, { kind: 'send', who: 0, n: 0 }, { kind: 'fork', who: 0, n: 6 }, { kind: 'edit', who: 0, n: 0 },
        { kind: 'send', who: 0, n: 0 }, { kind: 'send', who: 0, n: 1 }, { kind: 'edit', who: 0, n: 0 }, { kind: 'send', who: 0, n: 0 }
      ], seededChance(0))
    } finally {
      await place.remove()
    }
  })
})

async function run(place: World, steps: readonly Step[], chance: { next(): number }): Promise<void> {
  const a = await place.founder()
  const team = [a, await place.member(a, 'b', 'admin'), await place.member(a, 'c'), await place.member(a, 'd')]
  const first = await place.dataset(a)
  for (const peer of team) await peer.catalog.admit(await envelopesOf(a.catalog))
  /** Envelopes that contradict others, and whom nobody has told yet. */
  const lies: Uint8Array[] = []
  for (const { kind, who, n } of steps) await take(team, who, kind, n, first.id, lies, chance)
  for (let round = 0; round < 6; round++) {
    for (const one of team) for (const other of team) if (one !== other) await other.catalog.admit(shuffled([...await envelopesOf(one.catalog), ...lies], chance))
  }
  const states = team.map(peer => peer.catalog.stateHash())
  const told = await Promise.all(team.map(async peer => JSON.stringify([peer.catalog.datasets(), await peer.catalog.history(first.id)])))
  expect(new Set(told).size).toBe(1)
  expect(new Set(states).size).toBe(1)
  const fresh = place.keep(await joinWorkspace({ ...place.options('fresh', place.device()), genesis: await a.catalog.genesis() }))
  const all = [...(await Promise.all(team.map(peer => envelopesOf(peer.catalog)))).flat(), ...lies]
  await fresh.admit(shuffled(all, chance))
  expect(fresh.stateHash()).toBe(states[0])
}

async function take(team: readonly Peer[], who: number, kind: string, n: number, id: Peer['catalog'] extends { dataset(id: infer Id): unknown } ? Id : never, lies: Uint8Array[], chance: { next(): number }): Promise<void> {
  const peer = team[who] as Peer
  const other = team[(who + 1 + n % 3) % 4] as Peer
  const view = peer.catalog.dataset(id)
  const done = ((): Promise<unknown> | undefined => {
    switch (kind) {
      case 'send': return send(peer, other, n, lies, chance)
      case 'fork': return fork(peer, n, lies)
      case 'role': return peer.catalog.setRole(other.device.id, (['reader', 'writer', 'admin'] as const)[n % 3] as 'reader')
      case 'remove': return n < 4 ? peer.catalog.removeMember(other.device.id) : undefined
      case 'add': return peer.catalog.addMember({ id: other.device.id, name: other.name, role: n % 2 === 0 ? 'admin' : 'writer', addresses: [] })
      case 'edit': return view === undefined ? undefined : peer.catalog.apply(id, [{ change: 'dataset.edit', fields: { description: `${peer.name}${n}` } }])
      case 'tag': return view === undefined ? undefined : peer.catalog.apply(id, [{ change: 'dataset.tag', add: [`t${n}`], remove: [`t${n + 1}`] }])
      case 'publish': return view?.versions[0] === undefined ? undefined : peer.catalog.publish(publishRequest(view, only(view).id, `1.${n}.0`, n))
      case 'commit': return view?.versions[0] === undefined ? undefined : peer.catalog.apply(id, [{ change: 'draft.commit', version: only(view).id, commit: hash(n), over: only(view).heads, message: '' }])
      default: return undefined
    }
  })()
  await done?.catch((error: unknown) => {
    expect(['NOT_ALLOWED', 'MEMBER_NOT_FOUND', 'VERSION_PUBLISHED', 'VERSION_EXISTS', 'DATASET_NOT_FOUND']).toContain((error as { code?: string }).code)
  })
}

async function send(from: Peer, to: Peer, n: number, lies: readonly Uint8Array[], chance: { next(): number }): Promise<void> {
  const part = [...await envelopesOf(from.catalog), ...n % 4 === 0 ? lies : []].filter(() => chance.next() < 0.8)
  await to.catalog.admit(shuffled(part, chance))
}

/** Another step under a number that a device has given already. */
async function fork(peer: Peer, n: number, lies: Uint8Array[]): Promise<void> {
  const own = (await envelopesOf(peer.catalog)).filter(bytes => readEnvelope(bytes).device === peer.device.id)
  const step = own[n % Math.max(1, own.length)]
  // The dataset's beginning stays: without it nothing is left to look at.
  if (step !== undefined && !(readEnvelope(step).seq === 1 && peer.name === 'a')) lies.push(resigned(peer.device, step, { at: n + 7 }))
}

function shuffled<T>(items: readonly T[], chance: { next(): number }): T[] {
  return items.map(item => ({ item, at: chance.next() })).sort((x, y) => x.at - y.at).map(({ item }) => item)
}
