import { fail, toShoalError, type ShoalError } from '../errors/index.ts'
import { isChunk } from '../chunks/index.ts'
import { hashToHex } from '../model/index.ts'
import type { Clock } from '../runtime/index.ts'
import { FRAME, PROGRESS_LIMITS, frameName, packWant, unpackChunks, type ChunkAnswer, type Frame, type FrameStream, type ProgressLimits } from '../wire/index.ts'
import { FIRST_WINDOW_BYTES, LATE_MS, MOST_STRIKES, SOURCE_IDLE_MS, WANTS_AT_ONCE, WANT_BYTES, WANT_CHUNKS, WINDOW_BYTES } from './limits.ts'
import type { WantQueue, Wanted } from './want-queue.ts'

export interface ChunkSourceDeps {
  readonly peer: string
  /** Opens a greeted stream of the chunk protocol. */
  readonly open: (signal: AbortSignal) => Promise<FrameStream>
  readonly queue: WantQueue
  /** Takes a checked chunk, and copies its bytes; resolves when there is room for more. */
  readonly arrived: (wanted: Wanted, bytes: Uint8Array) => Promise<void>
  /** Waits until so many bytes more may come in. */
  readonly pace: (bytes: number) => Promise<void>
  /** Nothing more has arrived for the moment. */
  readonly settle: () => void
  /** The peer does not have it. */
  readonly refused: (wanted: Wanted) => void
  /** The peer can't be asked any more until it connects anew. */
  readonly lost: (error: ShoalError) => void
  readonly clock: Clock
  readonly progress?: ProgressLimits
}

interface Request { readonly id: number, readonly wanted: readonly Wanted[], answered: number }

/**
 * One peer as a source of chunks: asks for what the queue holds, some wants ahead, checks every answer, and puts back what it did not
 * bring. Opens its stream when there is something to ask and closes it after a while of nothing.
 */
export class ChunkSource {
  readonly #deps: ChunkSourceDeps
  readonly #ending = new AbortController()
  readonly #requests: Request[] = []
  #session: Promise<void> | undefined
  #owed = 0
  /** Bytes this peer may owe: more with each want it answers, so that the first to be asked does not get all there is of a small transfer. */
  #window = FIRST_WINDOW_BYTES
  #nextId = 1
  #strikes = 0
  #wake: (() => void) | undefined

  constructor(deps: ChunkSourceDeps) {
    this.#deps = deps
  }

  /** The queue has something new. */
  pump(): void {
    if (this.#ending.signal.aborted) return
    this.#wake?.()
    this.#session ??= this.#run().finally(() => { this.#session = undefined })
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    this.#wake?.()
    await this.#session
  }

  async #run(): Promise<void> {
    let stream: FrameStream | undefined
    try {
      stream = await this.#deps.open(this.#ending.signal)
      stream.reuseBodies()
      await this.#exchange(stream)
      await stream.close()
    } catch (error) {
      const failure = toShoalError(error)
      stream?.abort(failure)
      const unanswered = this.#requests.splice(0).flatMap(request => request.wanted.slice(request.answered))
      this.#deps.queue.putBack(unanswered)
      if (!this.#ending.signal.aborted) this.#deps.lost(failure)
    }
  }

  async #exchange(stream: FrameStream): Promise<void> {
    const limits = this.#deps.progress ?? PROGRESS_LIMITS
    const pace = new Pace(limits)
    for (;;) {
      await this.#ask(stream)
      if (this.#requests.length === 0) {
        if (!await this.#pause()) return
        continue
      }
      const before = this.#deps.clock.elapsed()
      const owed = this.#owed
      const frame = await stream.receive(limits.windowMs, this.#ending.signal)
      if (pace.isTooSlow(this.#deps.clock.elapsed() - before, stream.bytesReceived, owed)) fail('TIMED_OUT', 'the peer answers too slowly')
      await this.#take(frame)
      await this.#deps.pace(frame?.body.byteLength ?? 0)
    }
  }

  async #ask(stream: FrameStream): Promise<void> {
    while (this.#owed < this.#window && this.#requests.length < WANTS_AT_ONCE) {
      const wanted = this.#next()
      const [first] = wanted
      if (first === undefined) return
      const id = this.#nextId++ % 2 ** 32
      this.#requests.push({ id, wanted, answered: 0 })
      this.#owed += sizeOf(wanted)
      await stream.send(packWant({ id, dataset: first.dataset, hashes: wanted.map(one => one.hash) }))
    }
  }

  #next(): readonly Wanted[] {
    const { queue, peer, clock } = this.#deps
    const wanted = queue.take(peer, WANT_BYTES, WANT_CHUNKS, clock.elapsed())
    return wanted.length > 0 || this.#requests.length > 0 ? wanted : queue.takeLate(peer, WANT_BYTES, WANT_CHUNKS, clock.elapsed())
  }

  /** Takes one frame of answers. */
  async #take(frame: Frame | undefined): Promise<void> {
    if (frame === undefined) fail('PEER_UNREACHABLE', 'the peer ended before it answered')
    if (frame.type !== FRAME.chunks) fail('PEER_MISBEHAVED', `the peer sent ${frameName(frame.type)} where chunks were due`)
    const { id, answers } = unpackChunks(frame.body)
    for (const answer of answers) {
      const request = this.#requests[0]
      const wanted = request?.wanted[request.answered]
      if (request === undefined || wanted === undefined || request.id !== id) return fail('PEER_MISBEHAVED', 'the peer sent chunks nobody asked it for')
      request.answered++
      this.#owed -= wanted.size
      if (request.answered === request.wanted.length) {
        this.#requests.shift()
        this.#window = Math.min(WINDOW_BYTES, this.#window + WANT_BYTES)
      }
      await this.#accept(wanted, answer)
    }
    this.#deps.settle()
  }

  async #accept(wanted: Wanted, answer: ChunkAnswer): Promise<void> {
    if (typeof answer === 'string') return this.#deps.refused(wanted)
    if (isChunk(wanted.hash, answer)) return this.#deps.arrived(wanted, answer)
    this.#deps.refused(wanted)
    if (++this.#strikes >= MOST_STRIKES) fail('PEER_MISBEHAVED', `the peer sent wrong bytes ${this.#strikes} times, last for the chunk ${hashToHex(wanted.hash)}`)
  }

  /** Waits for something to ask. @returns false when the stream should close */
  async #pause(): Promise<boolean> {
    if (this.#ending.signal.aborted) return false
    let timer: NodeJS.Timeout | undefined
    const awake = await new Promise<boolean>(resolve => {
      this.#wake = () => resolve(true)
      // While others are asked for something, it may turn out late: look again soon.
      const isQuiet = this.#deps.queue.size === 0
      timer = setTimeout(() => resolve(!isQuiet), isQuiet ? SOURCE_IDLE_MS : LATE_MS / 2)
    })
    clearTimeout(timer)
    this.#wake = undefined
    return awake && !this.#ending.signal.aborted
  }
}

/** Whether a peer answers fast enough while it is waited for; time this node spends on its own disk does not count. */
class Pace {
  readonly #limits: ProgressLimits
  #waited = 0
  #receivedBefore = 0

  constructor(limits: ProgressLimits) {
    this.#limits = limits
  }

  /** @param waited milliseconds of one wait @param received bytes that ever came @param owed bytes that were owed when the wait began */
  isTooSlow(waited: number, received: number, owed: number): boolean {
    this.#waited += waited
    if (this.#waited < this.#limits.windowMs) return false
    const tooSlow = received - this.#receivedBefore < Math.min(this.#limits.bytes, owed)
    this.#waited = 0
    this.#receivedBefore = received
    return tooSlow
  }
}

const sizeOf = (wanted: readonly Wanted[]): number => wanted.reduce((sum, one) => sum + one.size, 0)
