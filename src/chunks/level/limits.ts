const MiB = 1024 * 1024

/** Sizes a store works with, in bytes; tests take smaller ones. */
export interface StoreLimits {
  /** LevelDB's write buffer for chunks: up to two are in memory, and as much may be in logs when the store is opened after a crash. */
  readonly bufferBytes: number
  /** After so much more was written, the store looks what LevelDB has made safe, and indexes it. */
  readonly lookBytes: number
  /** What is put in between two checkpoints at most: so much is read again when the store is opened after a crash. */
  readonly checkpointBytes: number
  /** The disk's space that stays free: two buffers on their way from memory to tables, the index, and those who don't look. */
  readonly floorBytes: number
  /** A file that gives way where a disk is so full that the store couldn't be opened. */
  readonly ballastBytes: number
}

export const STORE_LIMITS: StoreLimits = {
  bufferBytes: 32 * MiB,
  lookBytes: 16 * MiB,
  checkpointBytes: 256 * MiB,
  floorBytes: 192 * MiB,
  ballastBytes: 64 * MiB
}

/** The longest chunk a store takes: four times the longest of a file, eight times the longest node of a tree. Bytes. */
export const MAX_CHUNK_BYTES = MiB
