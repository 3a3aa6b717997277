import type { LogHead } from '../../src/catalog/index.ts'
import { isShoalError } from '../../src/errors/index.ts'
import { sameHash } from '../../src/model/index.ts'
import { CatalogPuller } from '../../src/sync/catalog-puller.ts'
import { serveCatalog } from '../../src/sync/catalog-server.ts'
import { FrameStream } from '../../src/wire/index.ts'
import { memoryStreams } from '../support/memory-streams.ts'
import type { SimNode } from './node.ts'

/** What may happen to envelopes on their way. */
export interface Weather { readonly next: () => number, /** From 0 (all arrive) to 1. */ readonly loss: number }

const keyOf = (head: LogHead): string => `${head.document} ${head.device}`

/** `to` takes in what `from` has and may give it: over a good line as real nodes do, else with envelopes lost, twice and in any order. */
export async function exchange(from: SimNode, to: SimNode, weather: Weather): Promise<void> {
  if (!isMember(from, to) || !isMember(to, from)) return
  if (weather.loss > 0) return exchangeInStorm(from, to, weather)
  const [near, far] = memoryStreams()
  const asking = new FrameStream(near, { peer: from.name })
  const answering = new FrameStream(far, { peer: to.name })
  const serving = serveCatalog(answering, { catalog: from.catalog, mayRead: document => from.catalog.mayRead(document, to.device.id), mayGoOn: () => undefined }).then(() => answering.close())
  const puller = new CatalogPuller(asking, { catalog: to.catalog, admitted: () => undefined })
  const pulling = puller.run().catch(error => { if (!isShoalError(error, 'PEER_UNREACHABLE')) throw error })
  await puller.caughtUp()
  await asking.close()
  await Promise.all([serving, pulling])
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
