import { isShoalError, toShoalError, type ShoalError } from '../errors/index.ts'
import { tellable, type AddressBook, type Finder, type PeerNode } from '../peers/index.ts'
import { deadline, type Log } from '../runtime/index.ts'
import {
  FRAME, HANDSHAKE_MS, MAX_ADDRESS_LENGTH, MAX_PLACE_ADDRESSES, MAX_PLACES, PROTOCOL, isFault, placesMessage, whereMessage, type FrameStream, type Hello
} from '../wire/index.ts'
import { greet } from './greeting.ts'
import { PLACES_ASKED, PLACES_MS } from './limits.ts'

export interface PlacesDeps {
  readonly node: PeerNode
  readonly finder: Finder
  readonly book: AddressBook
  readonly hello: () => Hello
  readonly isMember: (device: string) => boolean
  /** A peer broke the protocol. */
  readonly fault: (peer: string, error: ShoalError) => void
  readonly log: Log
}

/** Members tell each other where the others are: so one that moved is found as soon as it met anybody. */
export class Places {
  readonly #deps: PlacesDeps
  readonly #timer: NodeJS.Timeout
  readonly #asking = new Map<string, Promise<void>>()
  readonly #ending = new AbortController()
  #turn = 0

  constructor(deps: PlacesDeps) {
    this.#deps = deps
    this.#timer = setInterval(() => this.#askSome(), PLACES_MS)
    this.#timer.unref()
  }

  /** Answers one question. A device's addresses are told as it said them itself: nobody passes on what it was told. */
  async serve(stream: FrameStream): Promise<void> {
    const { book, hello, isMember } = this.#deps
    await greet(stream, hello())
    const { devices } = await stream.expectMessage(FRAME.where, whereMessage, HANDSHAKE_MS)
    const places = devices.filter(isMember).flatMap(device => {
      const known = book.get(device)
      const addresses = tellable([...known?.reached === undefined ? [] : [known.reached], ...known?.addresses ?? []]).filter(address => address.length <= MAX_ADDRESS_LENGTH)
      return addresses.length === 0 ? [] : [[device, addresses.slice(0, MAX_PLACE_ADDRESSES)] as const]
    })
    await stream.sendMessage(FRAME.places, placesMessage, { places })
    await stream.receive(HANDSHAKE_MS)
  }

  /** Asks a connected member for those this node misses. */
  ask(peer: string): void {
    const missing = this.#deps.finder.missing.filter(device => device !== peer).slice(0, MAX_PLACES)
    if (missing.length === 0 || this.#asking.has(peer) || this.#ending.signal.aborted) return
    this.#asking.set(peer, this.#ask(peer, missing).finally(() => this.#asking.delete(peer)))
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#ending.abort()
    await Promise.all(this.#asking.values())
  }

  #askSome(): void {
    const connected = this.#deps.node.connected().filter(peer => this.#deps.isMember(peer))
    for (let i = 0; i < Math.min(PLACES_ASKED, connected.length); i++) this.ask(connected[this.#turn++ % connected.length] ?? '')
  }

  async #ask(peer: string, devices: readonly string[]): Promise<void> {
    const { node, finder, hello, log, fault } = this.#deps
    const signal = deadline(HANDSHAKE_MS, this.#ending.signal)
    try {
      const stream = await node.open(peer, PROTOCOL.where, signal)
      try {
        await greet(stream, hello(), signal)
        await stream.sendMessage(FRAME.where, whereMessage, { devices })
        const { places } = await stream.expectMessage(FRAME.places, placesMessage, HANDSHAKE_MS, signal)
        for (const [device, addresses] of places) if (devices.includes(device)) finder.told(device, addresses)
      } finally {
        await stream.close()
      }
    } catch (error) {
      const failure = toShoalError(error)
      if (isFault(failure)) fault(peer, failure)
      else if (!isShoalError(failure, 'CANCELLED')) log.debug('a member did not say where others are', { peer, error: failure })
    }
  }
}
