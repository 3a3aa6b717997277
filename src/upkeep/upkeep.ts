import { Mutex } from '../runtime/index.ts'
import { collectGarbage } from './collect.ts'
import type { UpkeepDeps } from './deps.ts'
import { Marks } from './marks.ts'
import type { Upkeep } from './service.ts'
import { verifyData } from './verify.ts'

/** Upkeep of a store; make it when the store is opened, so that it can tell what came in since. */
export function createUpkeep(deps: UpkeepDeps): Upkeep {
  const marks = new Marks(deps.store, deps.datasets.leases, deps.clock, deps.log)
  const turn = new Mutex()
  return {
    verify: (ref, options = {}) => verifyData(deps, ref, options),
    // One after the other: two at once would only do the same work twice.
    collect: (options = {}) => turn.run(() => collectGarbage(deps, marks, options))
  }
}
