import { z } from 'zod'
import { RUN_ENDS, RUN_KINDS } from '../../model/index.ts'
import { jsonObject, page, paging, text, time, word, words } from './field.ts'

/** Experiments and processing (K8, A5, L7) and known issues (K7) as HTTP shows and takes them. */

export const pinnedVersion = z.strictObject({
  dataset: z.string(),
  version: z.string().meta({ description: 'id of the version' }),
  number: z.string(),
  tree: z.string().meta({ description: 'blake3:<hex> of all its content' })
})

export const run = z.strictObject({
  id: z.string(),
  kind: z.enum(RUN_KINDS),
  name: z.string(),
  tool: z.string(),
  settings: jsonObject,
  state: z.enum(['running', 'lapsed', ...RUN_ENDS]).meta({ description: 'lapsed: not heard of for a day' }),
  inputs: z.array(pinnedVersion).readonly(),
  output: pinnedVersion.nullable(),
  by: z.string(),
  startedAt: time,
  beatAt: time,
  endedAt: time.nullable(),
  message: z.string()
}).meta({ id: 'Run' })
/** A script's use of versions. */
export type RunItem = z.infer<typeof run>
export const runPage = page(run)

export const startRunBody = z.strictObject({
  name: word,
  kind: z.enum(RUN_KINDS).exactOptional().meta({ description: 'default experiment; a processing makes files of another version' }),
  tool: word.exactOptional(),
  settings: jsonObject.exactOptional(),
  versions: words.meta({ description: 'namespace/name@version that it uses' }),
  output: word.exactOptional().meta({ description: 'of a processing: the draft its results go into' })
})
export type StartRunBody = z.infer<typeof startRunBody>

export const finishRunBody = z.strictObject({ end: z.enum(RUN_ENDS).exactOptional(), message: text.exactOptional() })
export type FinishRunBody = z.infer<typeof finishRunBody>

export const runsQuery = z.strictObject({
  kind: z.enum(RUN_KINDS).exactOptional(),
  state: z.enum(['running', 'lapsed', ...RUN_ENDS]).exactOptional(),
  version: word.exactOptional().meta({ description: 'namespace/name@version that it uses or makes' }),
  dataset: word.exactOptional().meta({ description: 'namespace/name of which it uses or makes any version' }),
  ...paging
})

export const issue = z.strictObject({
  id: z.string(),
  title: z.string(),
  detail: z.string(),
  path: z.string(),
  state: z.enum(['open', 'closed']),
  by: z.string(),
  at: time,
  changedAt: time
}).meta({ id: 'Issue' })
/** A known issue of a version. */
export type IssueItem = z.infer<typeof issue>
export const issues = z.array(issue).readonly()

export const issueBody = z.strictObject({
  title: word.exactOptional(),
  detail: text.exactOptional(),
  path: z.string().max(4096).exactOptional().meta({ description: 'a file or folder it concerns' }),
  state: z.enum(['open', 'closed']).exactOptional()
})
export type IssueBody = z.infer<typeof issueBody>
