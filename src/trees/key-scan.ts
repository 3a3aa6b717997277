import { isUtf8 } from 'node:buffer'
import { MAX_PATH_BYTES } from '../model/index.ts'
import { refuse, type ByteReader } from './bytes.ts'
import { FNV_START, fnvStep, isBoundaryHash, nameProblem, orderOf, SLASH, byteProblem } from './key.ts'
import { MAX_NODE_WEIGHT } from './limits.ts'

/** Paths of the node being read, in full; one for all nodes, as reading never waits. */
const KEYS = new Uint8Array(MAX_NODE_WEIGHT + MAX_PATH_BYTES)
/** FNV-1a of the first i bytes of the latest path: a path that shares them needs to hash only the rest. */
const HASHES = new Int32Array(MAX_PATH_BYTES + 1)
HASHES[0] = FNV_START

/** Reads the paths of one node, each against the one before: what both share was checked then. */
export class KeyScan {
  readonly #reader: ByteReader
  readonly #level: number
  #start = 0
  /** Where the latest path ends among all of them. */
  end = 0

  constructor(reader: ByteReader, level: number) {
    this.#reader = reader
    this.#level = level
  }

  /** Bytes of the latest path. */
  get length(): number {
    return this.end - this.#start
  }

  /** Whether the latest path begins a new node. */
  get boundary(): boolean {
    return isBoundaryHash(HASHES[this.length] as number, this.#level)
  }

  /** All paths so far, one behind the other, as a copy. */
  take(): Uint8Array {
    return KEYS.slice(0, this.end)
  }

  /** @throws FORMAT_INVALID */
  next(): void {
    const reader = this.#reader
    const shared = reader.varint()
    const rest = reader.varint()
    const before = this.#start
    const beforeLength = this.length
    if (shared > beforeLength || rest === 0 || shared + rest > MAX_PATH_BYTES || this.end > MAX_NODE_WEIGHT) refuse('a path has an impossible length')
    const from = reader.skip(rest)
    const start = this.end
    KEYS.copyWithin(start, before, before + shared)
    this.#start = start
    this.end = start + shared + rest
    const ascii = this.#copy(from, start + shared)
    if (start > 0) checkOrder(shared < beforeLength ? KEYS[before + shared] : undefined, KEYS[start + shared] as number)
    this.#checkNames(start + shared)
    if (!ascii && !isUtf8(KEYS.subarray(start, this.end))) refuse('a path is not UTF-8')
  }

  /** Copies and hashes what is new in the path. @returns whether the whole path may be taken for ASCII */
  #copy(from: number, at: number): boolean {
    const bytes = this.#reader.bytes
    let hash = HASHES[at - this.#start] as number
    let high = at > this.#start ? KEYS[at - 1] as number : 0
    for (let to = at, i = from; to < this.end; to++, i++) {
      const byte = bytes[i] as number
      KEYS[to] = byte
      high |= byte
      hash = fnvStep(hash, byte)
      HASHES[to - this.#start + 1] = hash
      const problem = byteProblem(byte)
      if (problem !== undefined) refuse(`a path ${problem}`)
    }
    return high < 128
  }

  /** Checks the parts of the path from the one that holds the byte at `changed`. */
  #checkNames(changed: number): void {
    let start = changed
    while (start > this.#start && KEYS[start - 1] !== SLASH) start--
    for (let i = changed; i <= this.end; i++) {
      if (i < this.end && KEYS[i] !== SLASH) continue
      const problem = nameProblem(KEYS, start, i)
      if (problem !== undefined) refuse(`a path ${problem}`)
      start = i + 1
    }
  }
}

/** Compares the first byte in which a path differs from the one before it; undefined where that one has ended. */
function checkOrder(before: number | undefined, byte: number): void {
  if (before === byte) refuse('a path shares more with the one before it than it says')
  if (before !== undefined && orderOf(before) > orderOf(byte)) refuse('paths are out of order')
  if (before === undefined && byte === SLASH) refuse('a path lies inside a file')
}
