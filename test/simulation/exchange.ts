import type { LogHead } from '../../src/catalog/index.ts'
import { sameHash } from '../../src/model/index.ts'
import { pull } from '../support/pull.ts'
import type { SimNode } from './node.ts'

/** What may happen to envelopes on their way. */
export interface Weather { readonly next: () => number, /** From 0 (all arrive) to 1. */ readonly loss: number }

const keyOf = (head: LogHead): string => `${head.document} ${head.device}`

/** `to` takes in what `from` has and may give it: over a good line as real nodes do, else with envelopes lost, twice and in any order. */
export async function exchange(from: SimNode, to: SimNode, weather: Weather): Promise<void> {
  if (!isMember(from, to) || !isMember(to, from)) return
  if (weather.loss > 0) await exchangeInStorm(from, to, weather)
  else await pull(from, to)
}

/** Log by log, whatever the exchange does to get around a bad line: admission must bear all of it. */
async function exchangeInStorm(from: SimNode, to: SimNode, { next, loss }: Weather): Promise<void> {
  const here = new Map((await to.catalog.logHeads()).map(head => [keyOf(head), head]))
  const envelopes: Uint8Array[] = []
  for (const head of await from.catalog.logHeads()) {
    if (!from.catalog.mayRead(head.document, to.device.id)) continue
    const own = here.get(keyOf(head))
    if (own !== undefined && (own.seq > head.seq || (own.seq === head.seq && sameHash(own.hash, head.hash)))) continue
    envelopes.push(...await from.catalog.envelopes(head.document, head.device, Math.min(own?.seq ?? 0, head.seq - 1), 10_000))
  }
  const arrived = envelopes.filter(() => next() >= loss).flatMap(bytes => next() < loss ? [bytes, bytes] : [bytes])
  arrived.sort(() => next() - 0.5)
  if (arrived.length > 0) await to.catalog.admit(arrived)
}

/** Whether a node takes another for a member: nobody speaks with others. */
export const isMember = (node: SimNode, other: SimNode): boolean =>
  node.catalog.members().some(member => member.id === other.device.id && !member.removed)
  // Whoever has not heard yet that it was let in knows nobody.
  || (node.catalog.members().length <= 1)
