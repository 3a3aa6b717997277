import type { Catalog } from '../../src/catalog/index.ts'
import { isShoalError } from '../../src/errors/index.ts'
import { CatalogPuller } from '../../src/sync/catalog-puller.ts'
import { serveCatalog } from '../../src/sync/catalog-server.ts'
import { FrameStream } from '../../src/wire/index.ts'
import { memoryStreams } from './memory-streams.ts'

export interface Side { readonly name: string, readonly catalog: Catalog }

/** One side listens to another, as real nodes do, over a line in memory. */
export interface Following {
  /** Resolves when what the other side has now was taken in. */
  readonly caughtUp: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** `to` takes in what `from` has and may give it, now and as it comes. */
export function follow(from: Side, to: Side): Following {
  const [near, far] = memoryStreams()
  const asking = new FrameStream(near, { peer: from.name })
  const answering = new FrameStream(far, { peer: to.name })
  const mayRead = (document: string): boolean => from.catalog.mayRead(document, to.catalog.device)
  const serving = serveCatalog(answering, { catalog: from.catalog, mayRead, mayGoOn: () => undefined }).then(() => answering.close())
  const puller = new CatalogPuller(asking, { catalog: to.catalog, admitted: () => undefined })
  const pulling = puller.run().catch(error => { if (!isShoalError(error, 'PEER_UNREACHABLE')) throw error })
  return {
    caughtUp: () => puller.caughtUp(),
    stop: async () => {
      await asking.close()
      await Promise.all([serving, pulling])
    }
  }
}

/** The same once. */
export async function pull(from: Side, to: Side): Promise<void> {
  const following = follow(from, to)
  await following.caughtUp()
  await following.stop()
}
