import { ShoalError, isShoalError, toShoalError } from '../errors/index.ts'
import { sleep, type Log } from '../runtime/index.ts'
import { isFault, type FrameStream } from '../wire/index.ts'
import { CatalogPuller, type CatalogPullerDeps } from './catalog-puller.ts'
import { RETRY_FIRST_MS, RETRY_MOST_MS } from './limits.ts'

export interface PeerLinkDeps extends CatalogPullerDeps {
  readonly peer: string
  /** Opens a greeted stream of the catalog protocol. */
  readonly open: (signal: AbortSignal) => Promise<FrameStream>
  /** The peer broke the protocol. */
  readonly fault: (error: ShoalError) => void
  /** The peer moved too little, or nothing, for too long. */
  readonly slow: (error: ShoalError) => void
  readonly log: Log
}

/** Follows one connected member's catalog for as long as it is connected; begins anew, after a pause, when the stream breaks. */
export class PeerLink {
  readonly #deps: PeerLinkDeps
  readonly #ending = new AbortController()
  readonly #running: Promise<void>
  #puller: CatalogPuller | undefined
  #stream: FrameStream | undefined
  #waiting: (() => void)[] = []
  #failure: ShoalError | undefined
  /** Ends the pause before the next try. */
  #hurry: (() => void) | undefined
  #admitted = 0

  constructor(deps: PeerLinkDeps) {
    this.#deps = deps
    this.#running = this.#run()
  }

  /** Envelopes taken in from it since it connected. */
  get admitted(): number { return this.#admitted }

  /** Resolves when all the peer has at this moment was taken in. @throws what keeps it from that: PEER_UNREACHABLE, NOT_ALLOWED, CANCELLED … */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const cancelled = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(toShoalError(signal.reason))
      signal.addEventListener('abort', () => reject(toShoalError(signal.reason)), { once: true })
    })
    await Promise.race([this.#catchUp(), cancelled])
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    this.#stream?.abort(new ShoalError('CANCELLED', 'the peer is left'))
    await this.#running
  }

  async #catchUp(): Promise<void> {
    const tries = this.#failure
    // Whoever waits is not to wait for the pause as well.
    this.#hurry?.()
    while (this.#puller === undefined) {
      if (this.#ending.signal.aborted) throw new ShoalError('PEER_UNREACHABLE', 'the peer left')
      // A new failure since this call began: it would go on like that.
      if (this.#failure !== undefined && this.#failure !== tries) throw this.#failure
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
    await this.#puller.caughtUp()
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending
    for (let pause = RETRY_FIRST_MS; !signal.aborted; pause = Math.min(2 * pause, RETRY_MOST_MS)) {
      try {
        await this.#session(signal)
        pause = RETRY_FIRST_MS / 2
      } catch (error) {
        this.#failed(toShoalError(error))
      }
      this.#puller = undefined
      this.#awaken()
      await this.#rest(pause, signal)
    }
    this.#awaken()
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    const hurried = new AbortController()
    this.#hurry = () => hurried.abort()
    await sleep(ms, AbortSignal.any([signal, hurried.signal])).catch(() => undefined)
    this.#hurry = undefined
  }

  async #session(signal: AbortSignal): Promise<void> {
    const stream = await this.#deps.open(signal)
    this.#stream = stream
    // Opening may have ended in the moment it was given up.
    if (signal.aborted) stream.abort(new ShoalError('CANCELLED', 'the peer is left'))
    const puller = new CatalogPuller(stream, {
      catalog: this.#deps.catalog,
      admitted: result => {
        this.#admitted += result.admitted
        this.#deps.admitted(result)
      }
    })
    const running = puller.run()
    this.#puller = puller
    this.#awaken()
    try {
      await running
      await stream.close()
    } catch (error) {
      await stream.refuse(error)
      throw error
    }
  }

  #failed(error: ShoalError): void {
    this.#failure = error
    if (this.#ending.signal.aborted) return
    this.#deps.log.debug('the catalog of a peer could not be followed', { peer: this.#deps.peer, error })
    if (isFault(error)) this.#deps.fault(error)
    else if (isShoalError(error, 'TIMED_OUT')) this.#deps.slow(error)
  }

  #awaken(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
