import { ShoalError, fail, isShoalError, toShoalError } from '../errors/index.ts'
import { ByteQueue } from './bytes.ts'
import { decodeMessage, encodeMessage, type Message } from './codec.ts'
import { failureMessage, fromFailureMessage, toFailureMessage } from './failure.ts'
import { FRAME, encodeFrame, frameName, takeFrame, type Frame, type FrameType } from './frame.ts'
import { BATCH_FRAME_BYTES, CLOSE_MS, RECEIVE_HIGH_BYTES, RECEIVE_LOW_BYTES, SEND_HIGH_BYTES } from './limits.ts'
import { PROGRESS_LIMITS, ProgressWatch, type ProgressLimits } from './progress-watch.ts'
import type { RawClose, RawMessage, RawStream } from './raw-stream.ts'

export interface FrameStreamOptions {
  /** The other side, for failures. */
  readonly peer: string
  readonly progress?: ProgressLimits
  /** Told of every piece that goes in or out, bytes. */
  readonly onBytes?: (direction: 'in' | 'out', bytes: number) => void
}

/**
 * Frames over one stream, with backpressure both ways and a deadline on every wait. What is held is bounded: received bytes by
 * `RECEIVE_HIGH_BYTES` and the stream's own buffer, bytes to send by `SEND_HIGH_BYTES` and one frame.
 */
export class FrameStream {
  readonly #raw: RawStream
  readonly #peer: string
  readonly #onBytes: (direction: 'in' | 'out', bytes: number) => void
  readonly #queue = new ByteQueue()
  readonly #incoming: ProgressWatch
  readonly #outgoing: ProgressWatch
  #inResume = false
  #ended = false
  #dropping = false
  #failure: ShoalError | undefined
  /** Wakes whoever waits for bytes, for room, or for the end. */
  #wake = new Set<() => void>()
  #sending: Promise<void> = Promise.resolve()
  #scratch: Uint8Array | undefined
  #sent = 0
  #received = 0

  constructor(raw: RawStream, options: FrameStreamOptions) {
    this.#raw = raw
    this.#peer = options.peer
    this.#onBytes = options.onBytes ?? (() => undefined)
    const progress = options.progress ?? PROGRESS_LIMITS
    const stalled = (): void => this.abort(new ShoalError('TIMED_OUT', `${this.#peer} moved less than ${progress.bytes} bytes in ${progress.windowMs} ms`))
    this.#incoming = new ProgressWatch(progress, () => this.#received, stalled)
    this.#outgoing = new ProgressWatch(progress, () => this.#sent - raw.writeBufferLength, stalled)
    raw.addEventListener('message', this.#onMessage)
    raw.addEventListener('drain', this.#onDrain)
    raw.addEventListener('idle', this.#onDrain)
    raw.addEventListener('end', this.#onEnd)
    raw.addEventListener('close', this.#onClose)
    if (raw.readableEnded) this.#onEnd()
  }

  /** From now on a frame's body is good only until the next `receive`: for bulk, where fresh memory for each would keep the garbage collector busy. */
  reuseBodies(): void {
    this.#scratch ??= new Uint8Array(2 * BATCH_FRAME_BYTES)
  }

  /** Bytes that came in so far, those of a frame that is not complete too. */
  get bytesReceived(): number { return this.#received }

  /** Why the stream is over; undefined while it is not, or when it ended as it should. */
  get failure(): ShoalError | undefined { return this.#failure }

  /**
   * Sends a frame that `frameOf` or `encodeFrame` made; resolves once there is room for the next. Frames leave in the order of the calls.
   * @throws PEER_UNREACHABLE when the stream is over, TIMED_OUT when the other side takes too little
   */
  send(frame: Uint8Array): Promise<void> {
    const turn = this.#sending.then(() => this.#sendNow(frame))
    // The next one's turn comes after this one's, however it went: its own call reports the failure.
    this.#sending = turn.catch(() => undefined)
    return turn
  }

  sendMessage<T>(type: FrameType, kind: Message<T>, value: T): Promise<void> {
    return this.send(encodeFrame(type, encodeMessage(kind, value)))
  }

  async #sendNow(frame: Uint8Array): Promise<void> {
    this.#check()
    try {
      this.#raw.send(frame)
    } catch (error) {
      throw this.#broke(error)
    }
    this.#sent += frame.byteLength
    this.#onBytes('out', frame.byteLength)
    // Not `drain`: it comes for every window update, however small, and a peer that gives windows of a byte would fill this side's memory.
    while (this.#raw.writeBufferLength > SEND_HIGH_BYTES) {
      this.#outgoing.owe(this.#raw.writeBufferLength)
      await this.#awaken()
      this.#check()
    }
    this.#outgoing.owe(0)
  }

  /**
   * The next frame; undefined when the other side has ended. A `failure` frame is thrown as what it tells.
   * @param idleMs milliseconds to wait for the first byte of it; none where the caller looks after that itself
   * @throws PEER_MISBEHAVED, PEER_UNREACHABLE, TIMED_OUT, CANCELLED, and what the other side told
   */
  async receive(idleMs?: number, signal?: AbortSignal): Promise<Frame | undefined> {
    const idle = idleMs === undefined ? undefined : new Timeout(idleMs, () => this.abort(new ShoalError('TIMED_OUT', `${this.#peer} was silent for ${idleMs} ms`)))
    const cancel = (): void => this.abort(toShoalError(signal?.reason))
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      if (signal?.aborted === true) cancel()
      return await this.#next(idle)
    } catch (error) {
      if (isShoalError(error, 'PEER_MISBEHAVED')) this.abort(error)
      throw error
    } finally {
      idle?.clear()
      this.#incoming.owe(0)
      signal?.removeEventListener('abort', cancel)
    }
  }

  async #next(idle: Timeout | undefined): Promise<Frame | undefined> {
    for (;;) {
      this.#check()
      const frame = takeFrame(this.#queue, this.#scratch)
      if (frame !== undefined) {
        if (this.#queue.length < RECEIVE_LOW_BYTES) this.#resume()
        if (frame.type === FRAME.failure) throw fromFailureMessage(decodeMessage(failureMessage, frame.body))
        return frame
      }
      if (this.#ended) return this.#queue.length === 0 ? undefined : fail('PEER_MISBEHAVED', `${this.#peer} ended inside a frame`)
      if (this.#queue.length > 0) {
        idle?.clear()
        this.#incoming.owe((this.#queue.peekUint32() ?? 4) + 4 - this.#queue.length)
      }
      const before = this.#queue.length
      this.#resume()
      if (this.#queue.length === before && !this.#over()) await this.#awaken()
    }
  }

  /** The next frame, which must be of one of these types. @throws PEER_MISBEHAVED for another or none */
  async expect(types: readonly FrameType[], idleMs: number, signal?: AbortSignal): Promise<Frame> {
    const frame = await this.receive(idleMs, signal)
    if (frame !== undefined && types.includes(frame.type)) return frame
    const wanted = types.map(frameName).join(' or ')
    const error = new ShoalError('PEER_MISBEHAVED', `${this.#peer} sent ${frame === undefined ? 'nothing' : frameName(frame.type)} where ${wanted} was due`)
    this.abort(error)
    throw error
  }

  async expectMessage<T>(type: FrameType, kind: Message<T>, idleMs: number, signal?: AbortSignal): Promise<T> {
    const frame = await this.expect([type], idleMs, signal)
    return this.decode(kind, frame)
  }

  /** Reads a frame's message; a bad one ends the stream. @throws PEER_MISBEHAVED */
  decode<T>(kind: Message<T>, frame: Frame): T {
    try {
      return decodeMessage(kind, frame.body)
    } catch (error) {
      this.abort(toShoalError(error))
      throw error
    }
  }

  /**
   * Ends the stream once everything sent is on its way: this side's half, then the other's, or a cut when it does not follow. What
   * still comes in is dropped. Never throws.
   */
  async close(): Promise<void> {
    this.#dropping = true
    this.#queue.clear()
    await this.#sending
    try {
      if (this.#raw.writeStatus === 'writable') await this.#raw.close({ signal: AbortSignal.timeout(CLOSE_MS) })
    } catch (error) {
      return this.abort(this.#broke(error))
    }
    this.#resume()
    if (this.#over()) return
    const cut = new Timeout(CLOSE_MS, () => this.abort(new ShoalError('TIMED_OUT', `${this.#peer} did not end the stream`)))
    while (!this.#over()) await this.#awaken()
    cut.clear()
  }

  /** Tells the other side why, then ends. Never throws. */
  async refuse(error: unknown): Promise<void> {
    try {
      await this.sendMessage(FRAME.failure, failureMessage, toFailureMessage(error))
    } catch {
      // The stream is over already: there is nobody left to tell, and `error` itself is the caller's to report.
    }
    await this.close()
  }

  /** Cuts the stream at once; waiting calls fail with `error`. */
  abort(error: ShoalError): void {
    this.#finish(error)
    this.#raw.abort(error)
  }

  #finish(error?: ShoalError): void {
    if (error !== undefined) {
      this.#failure ??= error
      this.#queue.clear()
    }
    this.#ended = true
    this.#incoming.stop()
    this.#outgoing.stop()
    this.#awakenAll()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #over(): boolean { return this.#ended || this.#failure !== undefined }

  #broke(error: unknown): ShoalError {
    if (error instanceof ShoalError) return error
    return new ShoalError('PEER_UNREACHABLE', `the connection to ${this.#peer} broke`, {}, { cause: error })
  }

  readonly #onMessage = (event: RawMessage): void => {
    let bytes = 0
    for (const piece of event.data instanceof Uint8Array ? [event.data] : event.data) {
      if (!this.#dropping) this.#queue.push(piece)
      bytes += piece.byteLength
    }
    this.#received += bytes
    this.#onBytes('in', bytes)
    // Inside resume() a pause would be lost: the stream gives its window out after it has delivered what it held.
    if (!this.#inResume) this.#pauseIfFull()
    this.#awakenAll()
  }

  #pauseIfFull(): void {
    if (this.#queue.length >= RECEIVE_HIGH_BYTES && this.#raw.readStatus === 'readable') this.#raw.pause()
  }

  #resume(): void {
    if (this.#raw.readStatus !== 'paused' || this.#inResume) return
    this.#inResume = true
    try {
      this.#raw.resume()
    } catch {
      // Only the window update can fail, on a connection that is gone; its close event tells the reader.
    } finally {
      this.#inResume = false
    }
    this.#pauseIfFull()
  }

  readonly #onDrain = (): void => {
    // The stream sends what it holds in a microtask after this event: look behind it.
    queueMicrotask(() => queueMicrotask(() => this.#awakenAll()))
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#awakenAll()
  }

  readonly #onClose = (event: RawClose): void => {
    // A stream that was stopped when it closed still delivers what it holds.
    if (this.#raw.readBufferLength > 0) this.#resume()
    this.#finish(event.error === undefined ? undefined : this.#broke(event.error))
  }

  #awaken(): Promise<void> {
    return new Promise(resolve => { this.#wake.add(resolve) })
  }

  #awakenAll(): void {
    const waiting = this.#wake
    this.#wake = new Set()
    for (const resolve of waiting) resolve()
  }
}

/** A deadline that is over once cleared. */
class Timeout {
  readonly #timer: NodeJS.Timeout

  constructor(ms: number, over: () => void) {
    this.#timer = setTimeout(over, ms)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}
