/** Content-defined chunks named by BLAKE3, and the store that holds them. FORMAT.md is their law. */
export type { Chunk, ChunkStore, Damage, LiveSet, StoreStats, SweepResult, SweepToken } from './store.ts'
export type { SplitProfile } from './profile.ts'
export type { ChunkList, Ingested } from './ingest.ts'
export { blake3, createHasher, isChunk, checkChunk, type Hasher } from './blake3.ts'
export { chooseProfile, SPLIT_SIZES, MAX_FILE_CHUNK_BYTES } from './profile.ts'
export { nextCut, splitBytes } from './split.ts'
export { createIngester, type Ingester } from './ingester.ts'
export { createMemoryStore } from './memory-store.ts'
