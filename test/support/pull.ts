import type { Catalog } from '../../src/catalog/index.ts'
import { isShoalError } from '../../src/errors/index.ts'
import { CatalogPuller } from '../../src/sync/catalog-puller.ts'
import { serveCatalog } from '../../src/sync/catalog-server.ts'
import { FrameStream } from '../../src/wire/index.ts'
import { memoryStreams } from './memory-streams.ts'

export interface Side { readonly name: string, readonly catalog: Catalog }

/** `to` takes in what `from` has and may give it, as real nodes do, over a line in memory. @returns how many envelopes were new to it */
export async function pull(from: Side, to: Side): Promise<number> {
  const [near, far] = memoryStreams()
  const asking = new FrameStream(near, { peer: from.name })
  const answering = new FrameStream(far, { peer: to.name })
  const mayRead = (document: string): boolean => from.catalog.mayRead(document, to.catalog.device)
  const serving = serveCatalog(answering, { catalog: from.catalog, mayRead, mayGoOn: () => undefined }).then(() => answering.close())
  let admitted = 0
  const puller = new CatalogPuller(asking, { catalog: to.catalog, admitted: result => { admitted += result.admitted } })
  const pulling = puller.run().catch(error => { if (!isShoalError(error, 'PEER_UNREACHABLE')) throw error })
  await puller.caughtUp()
  await asking.close()
  await Promise.all([serving, pulling])
  return admitted
}
