import { fail, isShoalError, toShoalError, type ShoalError } from '../errors/index.ts'
import type { PeerNode } from '../peers/index.ts'
import { deadline, sleep, type Log } from '../runtime/index.ts'
import { FRAME, HANDSHAKE_MS, PROTOCOL, SILENCE_MS, TICK_MS, encodeFrame, isFault, type FrameStream, type Hello } from '../wire/index.ts'
import { greet } from './greeting.ts'
import { ANNOUNCE_MS, RELAYS_LOOK_MS } from './limits.ts'

export interface GuestsDeps {
  readonly node: PeerNode
  readonly hello: () => Hello
  /** Whether an invite of this node needs strangers to reach it. */
  readonly expects: () => boolean
  readonly mayInvite: (device: string) => boolean
  /** A peer broke the protocol. */
  readonly fault: (peer: string, error: ShoalError) => void
  readonly log: Log
}

interface Line { readonly ending: AbortController, readonly told: Promise<void>, running: Promise<void> }

/**
 * Strangers on their way to a member through one that relays: who holds an open invite says so to its relays, with a stream that stays
 * open as long; so long a relay lets strangers in, to nothing but the way to that member.
 */
export class Guests {
  readonly #deps: GuestsDeps
  /** Members that await guests through this node, with how many streams say so. */
  readonly #awaiting = new Map<string, number>()
  readonly #lines = new Map<string, Line>()
  readonly #timer: NodeJS.Timeout
  #stopped = false

  constructor(deps: GuestsDeps) {
    this.#deps = deps
    this.#timer = setInterval(() => void this.refresh(), RELAYS_LOOK_MS)
    this.#timer.unref()
  }

  /** Whether any member awaits guests through this node. */
  get areAwaited(): boolean { return this.#awaiting.size > 0 }

  isAwaitedBy(device: string): boolean { return this.#awaiting.has(device) }

  /** A member that holds an open invite; resolves when it awaits nobody any more. */
  async serve(stream: FrameStream, peer: string): Promise<void> {
    const { hello, mayInvite, node } = this.#deps
    await greet(stream, hello())
    if (!mayInvite(peer)) fail('NOT_ALLOWED', 'only an admin of the workspace may invite')
    this.#awaiting.set(peer, (this.#awaiting.get(peer) ?? 0) + 1)
    try {
      await stream.send(encodeFrame(FRAME.tick, new Uint8Array()))
      for (let frame = await stream.receive(SILENCE_MS); frame !== undefined; frame = await stream.receive(SILENCE_MS)) {
        if (frame.type !== FRAME.tick) fail('PEER_MISBEHAVED', 'the peer sent something else than signs of life')
      }
    } finally {
      const left = (this.#awaiting.get(peer) ?? 1) - 1
      if (left > 0) this.#awaiting.set(peer, left)
      else this.#awaiting.delete(peer)
      node.dropStrangers()
    }
  }

  /** Looks which relays this node has a place on, and whether it awaits anybody. Resolves when they know, or after a moment. Call when either changed. */
  async refresh(): Promise<void> {
    const relays = new Set(this.#deps.expects() && !this.#stopped ? this.#deps.node.relays() : [])
    for (const [relay, line] of this.#lines) if (!relays.has(relay)) line.ending.abort()
    for (const relay of relays) if (!this.#lines.has(relay)) this.#open(relay)
    const moment = new AbortController()
    await Promise.race([Promise.all([...this.#lines.values()].map(line => line.told)), sleep(ANNOUNCE_MS, moment.signal).catch(() => undefined)])
    moment.abort()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    for (const line of this.#lines.values()) line.ending.abort()
    await Promise.all([...this.#lines.values()].map(line => line.running))
  }

  #open(relay: string): void {
    const ending = new AbortController()
    let tell = (): void => undefined
    const told = new Promise<void>(resolve => { tell = resolve })
    const line: Line = { ending, told, running: Promise.resolve() }
    this.#lines.set(relay, line)
    line.running = this.#hold(relay, ending.signal, tell).finally(() => {
      tell()
      if (this.#lines.get(relay) === line) this.#lines.delete(relay)
    })
  }

  async #hold(relay: string, signal: AbortSignal, told: () => void): Promise<void> {
    const { node, hello, expects, fault, log } = this.#deps
    try {
      const stream = await node.open(relay, PROTOCOL.guests, signal)
      try {
        await greet(stream, hello(), deadline(HANDSHAKE_MS, signal))
        await stream.expect([FRAME.tick], HANDSHAKE_MS, signal)
        told()
        // A relay says nothing more: this ends when it does.
        const over = stream.receive(undefined, signal).then(() => false)
        do {
          if (!await Promise.race([sleep(TICK_MS, signal).then(() => true), over])) return
          await stream.send(encodeFrame(FRAME.tick, new Uint8Array()))
        } while (expects())
      } finally {
        await stream.close()
      }
    } catch (error) {
      const failure = toShoalError(error)
      if (isFault(failure)) fault(relay, failure)
      else if (!isShoalError(failure, 'CANCELLED')) log.debug('a relay lets no guests in for this node', { relay, error: failure })
    }
  }
}
