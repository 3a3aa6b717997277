import { parseVersionRef } from '../../model/index.ts'
import { gcBody, gcReport, verifyBody, verifyReport } from '../contract.ts'
import { textOf } from '../names.ts'
import { jobRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const group = 'Upkeep'

/** What keeps the store healthy: verification and garbage collection. */
export function upkeepRoutes({ datasets, upkeep }: Services): Route[] {
  return [
    jobRoute({
      method: 'post', path: '/api/v1/verify', group, summary: 'Read back and check every chunk of a version, or of all', body: verifyBody, answer: verifyReport,
      failures: ['REFERENCE_INVALID', 'VERSION_NOT_FOUND']
    }, ({ body }) => {
      const ref = body.ref === undefined ? undefined : parseVersionRef(body.ref)
      if (ref !== undefined) datasets.resolve(ref)
      const repair = body.repair === undefined ? {} : { repair: body.repair }
      return { kind: 'verify', subject: ref === undefined ? 'everything' : textOf(ref), work: async context => await upkeep.verify(ref, { ...context, ...repair }) }
    }),

    jobRoute({ method: 'post', path: '/api/v1/gc', group, summary: 'Remove chunks nothing needs any more', body: gcBody, answer: gcReport },
      ({ body }) => ({ kind: 'gc', subject: 'store', work: async context => await upkeep.collect({ ...context, ...body }) }))
  ]
}
