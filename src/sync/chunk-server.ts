import { fail, isShoalError } from '../errors/index.ts'
import type { ChunkStore } from '../chunks/index.ts'
import type { Hash } from '../model/index.ts'
import { CHUNK_IDLE_MS, FRAME, frameName, packChunks, unpackWant, type ChunkAnswer, type FrameStream } from '../wire/index.ts'
import { READ_BYTES, READ_CHUNKS, READS_AHEAD } from './limits.ts'

/**
 * Answers one peer's wants from the store until it ends: in order, a little read ahead, as fast as the peer takes it. Every chunk was
 * hashed on its way out of the store; ones that are not here or damaged are answered as such.
 * @param mayGoOn asked before each answer: a member may be removed while it is served
 */
export async function serveChunks(stream: FrameStream, store: ChunkStore, mayGoOn: () => void, idleMs = CHUNK_IDLE_MS): Promise<void> {
  const reader = new Reader(store)
  for (let frame = await stream.receive(idleMs); frame !== undefined; frame = await stream.receive(idleMs)) {
    if (frame.type !== FRAME.wantChunks) fail('PEER_MISBEHAVED', `the peer sent ${frameName(frame.type)} where a want was due`)
    const { id, hashes } = unpackWant(frame.body)
    for await (const answers of reader.read(hashes)) {
      mayGoOn()
      for (const part of packChunks(id, answers)) await stream.send(part)
    }
  }
}

/** Reads chunks in order with some reads under way; how many at once follows from the size of the last ones. */
class Reader {
  readonly #store: ChunkStore
  #count = READ_CHUNKS / 4

  constructor(store: ChunkStore) {
    this.#store = store
  }

  async *read(hashes: readonly Hash[]): AsyncGenerator<readonly ChunkAnswer[]> {
    const ahead: Promise<readonly ChunkAnswer[]>[] = []
    let at = 0
    while (at < hashes.length || ahead.length > 0) {
      while (at < hashes.length && ahead.length < READS_AHEAD) {
        const reading = this.#readSome(hashes.slice(at, at + this.#count))
        // When the asker leaves, nobody awaits what was read ahead.
        reading.catch(() => undefined)
        ahead.push(reading)
        at += this.#count
      }
      const answers = await (ahead.shift() ?? [])
      this.#adapt(answers)
      yield answers
    }
  }

  #adapt(answers: readonly ChunkAnswer[]): void {
    const bytes = answers.reduce((sum, answer) => sum + (typeof answer === 'string' ? 0 : answer.byteLength), 0)
    const fitting = bytes === 0 ? READ_CHUNKS : Math.floor(READ_BYTES * answers.length / bytes)
    this.#count = Math.max(1, Math.min(READ_CHUNKS, 2 * this.#count, fitting))
  }

  async #readSome(hashes: readonly Hash[]): Promise<readonly ChunkAnswer[]> {
    try {
      return (await this.#store.getMany(hashes)).map(bytes => bytes ?? 'missing')
    } catch (error) {
      if (!isShoalError(error, 'CHUNK_DAMAGED')) throw error
      if (hashes.length === 1) return ['damaged']
      // One of them is damaged: the others are as good as before.
      const answers: ChunkAnswer[] = []
      for (const hash of hashes) answers.push(...await this.#readSome([hash]))
      return answers
    }
  }
}
