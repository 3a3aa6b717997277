import { blake3 } from '../../../src/chunks/index.ts'
import type { FileEntry } from '../../../src/trees/index.ts'

/** A one-chunk file whose content follows from `seed`. */
export const fileEntry = (path: string, seed: number): FileEntry => ({
  kind: 'file', path, size: seed + 1, hash: new Uint8Array(blake3(Buffer.from(`content ${seed}`))), executable: false, profile: 'binary', content: { kind: 'whole' }
})
