import { z } from 'zod'
import { time } from './field.ts'
import { fileEntry } from './files.ts'

/** Paths of a draft that were changed apart. */

const side = z.strictObject({
  entry: fileEntry.nullable().meta({ description: 'null where this side removed it' }),
  by: z.string().nullable().meta({ description: 'the device that committed it; null where that was a merge' }),
  at: time.nullable()
})

export const conflict = z.strictObject({
  path: z.string(),
  keptAt: z.string().nullable().meta({ description: 'where the content is that lost the path; null where one side removed it' }),
  ours: side.meta({ description: 'what was committed on this node; between others, what has the path' }),
  theirs: side
}).meta({ id: 'Conflict' })
/** A path that was changed apart and that nobody has decided about. */
export type ConflictItem = z.infer<typeof conflict>

export const conflictList = z.strictObject({ items: z.array(conflict).readonly() })
export type ConflictList = z.infer<typeof conflictList>

export const settleBody = z.strictObject({
  path: z.string().meta({ description: 'of the conflict, or where the other content is kept' }),
  take: z.enum(['ours', 'theirs', 'both'])
})
export type SettleBody = z.infer<typeof settleBody>
