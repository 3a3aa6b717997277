import type { Chunk } from '../chunks/index.ts'
import type { Flaw, Watched } from '../datasets/index.ts'
import { isShoalError } from '../errors/index.ts'
import { HashSet, hashToHex } from '../model/index.ts'
import type { UpkeepDeps } from './deps.ts'

/** S7: asks peers for what is damaged or missing and puts it in place, each chunk checked and durable. @returns how many were put right */
export async function repairFlaws(deps: UpkeepDeps, flaws: readonly Flaw[], { signal, progress }: Watched): Promise<number> {
  if (deps.fetchFromPeers === undefined) {
    deps.log.warn('nothing can be repaired: this node has no peers to ask')
    return 0
  }
  const wanted = new HashSet()
  for (const { hash } of flaws) wanted.add(hash)
  const repaired = new HashSet()
  await deps.datasets.leases.during(async () => {
    for await (const chunk of deps.fetchFromPeers?.([...wanted], signal) ?? []) {
      signal?.throwIfAborted()
      if (wanted.has(chunk.hash) && await putRight(deps, chunk)) repaired.add(chunk.hash)
      progress?.({ phase: 'repairing', files: repaired.size, bytes: 0, totalFiles: wanted.size })
    }
    await deps.store.barrier()
  })
  return repaired.size
}

/** A peer may send anything: what is not the chunk is refused by the store and passed over. */
async function putRight({ store, log }: UpkeepDeps, chunk: Chunk): Promise<boolean> {
  try {
    await store.repair(chunk)
    return true
  } catch (error) {
    if (!isShoalError(error, 'CONTENT_MISMATCH')) throw error
    log.warn('a peer sent other bytes than asked for', { hash: hashToHex(chunk.hash) })
    return false
  }
}
