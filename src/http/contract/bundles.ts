import { z } from 'zod'
import { bytes, count, word } from './field.ts'

/** Versions that travel as one file. */

export const bundleQuery = z.strictObject({ ref: word.meta({ description: 'namespace/name@version' }) })

export const bundleImported = z.strictObject({
  ref: z.string().meta({ description: 'the version that is here now' }),
  id: z.string(),
  envelopes: count.meta({ description: 'signed changes of the catalog that were not here' }),
  chunks: count,
  newChunks: count,
  bytes
}).meta({ id: 'BundleImported' })
/** What a bundle brought. */
export type BundleImportedItem = z.infer<typeof bundleImported>
