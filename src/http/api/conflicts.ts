import type { Conflict, Side } from '../../datasets/index.ts'
import { checkPath } from '../../model/index.ts'
import { type ConflictItem, conflictList, settleBody } from '../contract.ts'
import { versionOf } from '../names.ts'
import { valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { showEntry } from '../shown/entry.ts'

const group = 'Versions'
const AT = '/api/v1/datasets/{ns}/{name}/versions/{version}/conflicts'

/** S3: what was changed apart in a draft, and what stays of it. */
export function conflictRoutes({ datasets }: Services): Route[] {
  const answers = { 200: { description: 'all conflicts that are open, in order of paths', schema: conflictList } } as const
  return [
    valueRoute({ method: 'get', path: AT, group, summary: 'Paths of a draft that were changed apart', answers, failures: ['VERSION_NOT_FOUND', 'CHUNK_MISSING'] },
      async ({ params }) => ({ items: (await datasets.conflicts(versionOf(params))).map(showConflict) })),

    valueRoute({
      method: 'post', path: AT, group, summary: 'Decide which content of a conflict stays', body: settleBody, answers,
      failures: ['VERSION_NOT_FOUND', 'VERSION_PUBLISHED', 'FILE_NOT_FOUND', 'PATH_CLASH', 'FIELD_INVALID']
    }, async ({ params, body: { path, take } }) => {
      const ref = versionOf(params)
      await datasets.settle(ref, checkPath(path), take)
      return { items: (await datasets.conflicts(ref)).map(showConflict) }
    })
  ]
}

const showConflict = ({ path, keptAt, ours, theirs }: Conflict): ConflictItem => ({ path, keptAt: keptAt ?? null, ours: showSide(ours), theirs: showSide(theirs) })

const showSide = ({ entry, by, at }: Side): ConflictItem['ours'] =>
  ({ entry: entry === undefined ? null : showEntry(entry), by: by ?? null, at: at === undefined ? null : new Date(at).toISOString() })
