import { ShoalError, fail, toShoalError } from '../errors/index.ts'
import type { AdmitResult, Catalog } from '../catalog/index.ts'
import {
  FRAME, PROGRESS_WINDOW_MS, SILENCE_MS, TICK_MS, encodeFrame, frameName, headsMessage, markMessage, unpackEnvelopes, wantLogsMessage, type Frame, type FrameStream
} from '../wire/index.ts'
import { ADMITS_AT_ONCE, ADMIT_BYTES, ADMIT_ENVELOPES } from './limits.ts'
import { RemoteLogs } from './remote-logs.ts'

export interface CatalogPullerDeps {
  readonly catalog: Catalog
  /** Told of what was taken in. */
  readonly admitted: (result: AdmitResult) => void
}

/** What was asked for, until its end: how many envelopes may still come. */
interface Want { readonly id: number, asked: number, left: number }

/**
 * Follows one peer's logs over an open, greeted stream: asks for what is missing here, takes it in, and goes on as the peer announces
 * more. One want is under way at a time; what the catalog has not taken in yet holds the peer back.
 */
export class CatalogPuller {
  readonly #deps: CatalogPullerDeps
  readonly #stream: FrameStream
  readonly #logs: RemoteLogs
  readonly #marks = new Map<number, () => void>()
  #idle: (() => void)[] = []
  #want: Want | undefined
  #collected: Uint8Array[] = []
  #collectedBytes = 0
  /** On their way into the catalog. */
  readonly #admitting = new Set<Promise<void>>()
  #nextId = 1
  #over: ShoalError | undefined

  constructor(stream: FrameStream, deps: CatalogPullerDeps) {
    this.#stream = stream
    this.#deps = deps
    this.#logs = new RemoteLogs(deps.catalog)
  }

  /** Resolves when the peer ends the exchange. @throws what ends it early */
  async run(): Promise<void> {
    const ticking = setInterval(() => this.#unawaited(this.#stream.send(encodeFrame(FRAME.tick, new Uint8Array(0)))), TICK_MS)
    try {
      // Nothing is announced before the first mark: it says that this side listens.
      this.#unawaited(this.#mark())
      for (;;) {
        const frame = await this.#stream.receive(this.#want === undefined ? SILENCE_MS : PROGRESS_WINDOW_MS)
        if (frame === undefined) return
        await this.#take(frame)
      }
    } catch (error) {
      this.#over = toShoalError(error)
      throw error
    } finally {
      clearInterval(ticking)
      this.#over ??= new ShoalError('PEER_UNREACHABLE', 'the peer ended the exchange')
      for (const wake of [...this.#marks.values(), ...this.#idle]) wake()
    }
  }

  /**
   * Resolves when everything the peer has at this moment was taken in here, or refused, or waits for something no one sent.
   * @throws PEER_UNREACHABLE and the like when the exchange ends first
   */
  async caughtUp(): Promise<void> {
    await this.#mark()
    this.#logs.retry()
    await this.#pull()
    while (this.#want !== undefined && this.#over === undefined) await new Promise<void>(resolve => this.#idle.push(resolve))
    if (this.#over !== undefined) throw this.#over
  }

  /** Resolves when the peer has announced all it has at this moment. */
  async #mark(): Promise<void> {
    if (this.#over !== undefined) throw this.#over
    const id = this.#newId()
    const marked = new Promise<void>(resolve => this.#marks.set(id, resolve))
    await this.#stream.sendMessage(FRAME.mark, markMessage, { id })
    await marked
    if (this.#over !== undefined) throw this.#over
  }

  /** Work nobody waits for: when it fails the stream is over, which `run` tells. */
  #unawaited(work: Promise<void>): void {
    work.catch(() => undefined)
  }

  #newId(): number {
    const id = this.#nextId
    this.#nextId = (this.#nextId + 1) % 2 ** 32
    return id
  }

  async #take(frame: Frame): Promise<void> {
    if (frame.type === FRAME.tick) return
    if (frame.type === FRAME.envelopes) return this.#collect(frame.body)
    if (frame.type === FRAME.heads) {
      await this.#logs.hear(this.#stream.decode(headsMessage, frame).heads)
      return this.#pull()
    }
    if (frame.type !== FRAME.marked && frame.type !== FRAME.logsDone) return fail('PEER_MISBEHAVED', `the peer sent ${frameName(frame.type)} on a catalog stream`)
    const { id } = this.#stream.decode(markMessage, frame)
    if (frame.type === FRAME.logsDone) return this.#finish(id)
    this.#marks.get(id)?.()
    this.#marks.delete(id)
  }

  /** Asks for what is missing, unless an answer is under way: its end asks again. */
  async #pull(): Promise<void> {
    if (this.#want !== undefined) return
    const want: Want = { id: this.#newId(), asked: 0, left: 0 }
    this.#want = want
    const logs = await this.#logs.nextWant()
    if (logs.length > 0) {
      want.asked = want.left = logs.reduce((sum, log) => sum + log[4], 0)
      return this.#stream.sendMessage(FRAME.wantLogs, wantLogsMessage, { id: want.id, logs })
    }
    this.#want = undefined
    for (const wake of this.#idle.splice(0)) wake()
  }

  async #collect(body: Uint8Array): Promise<void> {
    const { id, envelopes } = unpackEnvelopes(body)
    if (this.#want?.id !== id) fail('PEER_MISBEHAVED', 'the peer sent envelopes nobody asked it for')
    this.#want.left -= envelopes.length
    if (this.#want.left < 0) fail('PEER_MISBEHAVED', 'the peer sent more envelopes than it was asked for')
    this.#collected.push(...envelopes)
    this.#collectedBytes += body.byteLength
    if (this.#collected.length >= ADMIT_ENVELOPES || this.#collectedBytes >= ADMIT_BYTES) await this.#admit()
  }

  /** Hands over what was collected; waits only while much is on its way into the catalog. @throws what the catalog throws */
  async #admit(): Promise<void> {
    if (this.#collected.length === 0) return
    const envelopes = this.#collected
    this.#collected = []
    this.#collectedBytes = 0
    const taking = this.#takeIn(envelopes).finally(() => this.#admitting.delete(taking))
    // Whoever waits for it hears of a failure.
    this.#unawaited(taking)
    this.#admitting.add(taking)
    while (this.#admitting.size >= ADMITS_AT_ONCE) await Promise.race(this.#admitting)
  }

  async #takeIn(envelopes: readonly Uint8Array[]): Promise<void> {
    const result = await this.#deps.catalog.admit(envelopes)
    this.#logs.refused(result.refused)
    this.#deps.admitted(result)
  }

  async #finish(id: number): Promise<void> {
    const want = this.#want
    if (want?.id !== id) return fail('PEER_MISBEHAVED', 'the peer ended an answer nobody asked it for')
    await this.#admit()
    await Promise.all(this.#admitting)
    await this.#logs.answered(want.asked - want.left)
    this.#want = undefined
    await this.#pull()
  }
}
