import { z } from 'zod'
import { HASH_BYTES } from '../model/index.ts'
import { message } from './codec.ts'
import { identifier } from './hello.ts'
import { MAX_HISTORY_COMMITS, MAX_HISTORY_HEADS } from './limits.ts'

/** Commits the asker misses, and how many of them and of what they follow it takes at most. */
export interface WantHistory { readonly dataset: string, readonly commits: readonly Uint8Array[], readonly limit: number }

const bytes = z.instanceof(Uint8Array)

export const wantHistoryMessage = message<WantHistory>('want-history', z.object({
  dataset: identifier,
  commits: z.array(bytes.refine(hash => hash.byteLength === HASH_BYTES, 'not a hash')).min(1).max(MAX_HISTORY_HEADS),
  limit: z.int().min(1).max(MAX_HISTORY_COMMITS)
}))

/** The answer: commits as they are stored, each asked for or followed by one before it. */
export const historyMessage = message<{ readonly commits: readonly Uint8Array[] }>('history', z.object({ commits: z.array(bytes).max(MAX_HISTORY_COMMITS) }))
