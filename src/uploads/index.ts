/** Large files in parts, straight into the chunk store; they go on where they stopped, also after a restart. */
export type * from './service.ts'
export { ChunkUploads, type UploadsDeps } from './uploads.ts'
