import { ShoalError, fail, isShoalError } from '../errors/index.ts'
import { packedSource, type ChunkStore, type PackedSource } from '../chunks/index.ts'
import type { Hash } from '../model/index.ts'
import { CHUNK_IDLE_MS, FRAME, frameName, packChunks, unpackWant, type ChunkAnswer, type ChunkWant, type FrameStream } from '../wire/index.ts'
import { READ_BUFFER_BYTES, READ_BYTES, READ_CHUNKS, READS_AHEAD } from './limits.ts'

export interface ChunkServerDeps {
  readonly store: ChunkStore
  /** Throws when the peer may not be served any more; asked before each answer: a member may be removed while it is served. */
  readonly mayGoOn: () => void
  /** For each chunk whether the peer may have it as one of a dataset; undefined when it may have all. */
  readonly mayHave: (dataset: string, hashes: readonly Hash[]) => Promise<readonly boolean[] | undefined>
  /** Waits until so many bytes may be sent. */
  readonly pace: (bytes: number) => Promise<void>
}

/**
 * Answers one peer's wants from the store until it ends: in order, as fast as the peer takes it, with reads some way ahead (over the
 * end of a want too). Every chunk was hashed on its way out of the store; ones that are not here or damaged are answered as such, and
 * ones the peer may not have as if they were not here.
 */
export async function serveChunks(stream: FrameStream, deps: ChunkServerDeps, idleMs = CHUNK_IDLE_MS): Promise<void> {
  const idle = new Idle(idleMs, () => stream.abort(new ShoalError('TIMED_OUT', `the peer wanted nothing for ${idleMs} ms`)))
  const reads = new ReadAhead(deps)
  try {
    await Promise.all([takeWants(stream, reads, idle), sendAnswers(stream, reads, deps, idle)])
  } finally {
    idle.stop()
    reads.end()
  }
}

async function takeWants(stream: FrameStream, reads: ReadAhead, idle: Idle): Promise<void> {
  for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
    idle.stop()
    if (frame.type !== FRAME.wantChunks) fail('PEER_MISBEHAVED', `the peer sent ${frameName(frame.type)} where a want was due`)
    await reads.add(unpackWant(frame.body))
  }
  reads.end()
}

async function sendAnswers(stream: FrameStream, reads: ReadAhead, { mayGoOn, pace }: ChunkServerDeps, idle: Idle): Promise<void> {
  for (let read = await reads.next(); read !== undefined; read = await reads.next()) {
    const { answers, buffer } = await read.answered
    mayGoOn()
    reads.adapt(answers)
    for (const part of packChunks(read.id, answers)) {
      await pace(part.byteLength)
      await stream.send(part)
    }
    reads.release(buffer)
    if (reads.isEmpty) idle.start()
  }
}

/** Ends a stream on which nothing is wanted for too long; what is still being answered is no idling. */
class Idle {
  readonly #ms: number
  readonly #over: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number, over: () => void) {
    this.#ms = ms
    this.#over = over
    this.start()
  }

  start(): void {
    this.stop()
    this.#timer = setTimeout(this.#over, this.#ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

/** Answers, and the buffer they may be views on. */
interface Answered { readonly answers: readonly ChunkAnswer[], readonly buffer?: ArrayBuffer }
interface Read { readonly id: number, readonly answered: Promise<Answered> }

/** Reads from the store in order, some under way at once; how much at a time follows from the size of the last chunks. */
class ReadAhead {
  readonly #deps: ChunkServerDeps
  readonly #source: PackedSource
  readonly #reads: Read[] = []
  readonly #free: ArrayBuffer[] = []
  #count = READ_CHUNKS / 4
  #ended = false
  #wake: (() => void)[] = []

  constructor(deps: ChunkServerDeps) {
    this.#deps = deps
    this.#source = packedSource(deps.store)
  }

  get isEmpty(): boolean { return this.#reads.length === 0 }

  /** Begins to read what one want names; resolves when all of it is under way. */
  async add({ id, dataset, hashes }: ChunkWant): Promise<void> {
    for (let at = 0; at < hashes.length;) {
      while (this.#reads.length >= READS_AHEAD && !this.#ended) await this.#change()
      if (this.#ended) return
      const some = hashes.slice(at, at + this.#count)
      const answered = this.#answers(dataset, some)
      // When the asker leaves, nobody awaits what was read ahead.
      answered.catch(() => undefined)
      this.#reads.push({ id, answered })
      at += some.length
      this.#awaken()
    }
  }

  /** The next in order; undefined at the end. */
  async next(): Promise<Read | undefined> {
    while (this.#reads.length === 0 && !this.#ended) await this.#change()
    const read = this.#reads.shift()
    this.#awaken()
    return read
  }

  end(): void {
    this.#ended = true
    this.#awaken()
  }

  adapt(answers: readonly ChunkAnswer[]): void {
    const bytes = answers.reduce((sum, answer) => sum + (typeof answer === 'string' ? 0 : answer.byteLength), 0)
    const fitting = bytes === 0 ? READ_CHUNKS : Math.floor(READ_BYTES * answers.length / bytes)
    this.#count = Math.max(1, Math.min(READ_CHUNKS, 2 * this.#count, fitting))
  }

  /** Answers that were read into a buffer are sent: it may be read into again. */
  release(buffer: ArrayBuffer | undefined): void {
    if (buffer?.byteLength === READ_BUFFER_BYTES && this.#free.length < READS_AHEAD) this.#free.push(buffer)
  }

  async #answers(dataset: string, hashes: readonly Hash[]): Promise<Answered> {
    const allowed = await this.#deps.mayHave(dataset, hashes)
    if (allowed === undefined) return await this.#read(hashes)
    const read = await this.#read(hashes.filter((_, i) => allowed[i]))
    const found = read.answers.values()
    return { ...read, answers: hashes.map((_, i) => allowed[i] === true ? found.next().value ?? 'missing' : 'missing') }
  }

  async #read(hashes: readonly Hash[]): Promise<Answered> {
    try {
      const { chunks, buffer } = await this.#source.getPacked(hashes, this.#free.pop() ?? new ArrayBuffer(READ_BUFFER_BYTES))
      return { answers: chunks.map(bytes => bytes ?? 'missing'), buffer }
    } catch (error) {
      if (!isShoalError(error, 'CHUNK_DAMAGED')) throw error
      // One of them is damaged: the others are as good as before.
      const answers: ChunkAnswer[] = []
      for (const hash of hashes) answers.push(await this.#readAlone(hash))
      return { answers }
    }
  }

  async #readAlone(hash: Hash): Promise<ChunkAnswer> {
    try {
      return (await this.#deps.store.getMany([hash]))[0] ?? 'missing'
    } catch (error) {
      if (isShoalError(error, 'CHUNK_DAMAGED')) return 'damaged'
      throw error
    }
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#wake.push(resolve))
  }

  #awaken(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}
