import { z } from 'zod'
import { bytes, hash, page, paging, time } from './field.ts'

/** Uploads in parts (A4) as HTTP shows them; tus headers carry the same. */

export const upload = z.strictObject({
  id: z.string(),
  length: bytes.meta({ description: 'bytes in all' }),
  offset: bytes.meta({ description: 'bytes that are here and durable' }),
  partial: z.boolean().meta({ description: 'a part of a file that others make whole' }),
  target: z.strictObject({ ref: z.string(), path: z.string() }).nullable(),
  metadata: z.record(z.string(), z.string()).meta({ description: 'what Upload-Metadata held' }),
  createdAt: time,
  changedAt: time,
  file: z.strictObject({ hash, size: bytes }).nullable().meta({ description: 'the file, once it is in its draft' })
}).meta({ id: 'Upload' })
/** A large file on its way into a draft. */
export type UploadItem = z.infer<typeof upload>
export const uploadPage = page(upload)
export const uploadsQuery = z.strictObject(paging)
