import { fail, isShoalError, toShoalError, type ShoalError } from '../errors/index.ts'
import type { Catalog } from '../catalog/index.ts'
import type { Chunk, ChunkStore } from '../chunks/index.ts'
import type { DatasetId, DeviceId, Hash } from '../model/index.ts'
import type { AddressBook, PeerNode } from '../peers/index.ts'
import type { Clock, Events, Log } from '../runtime/index.ts'
import { PROTOCOL, isFault, type FrameStream, type Hello, type ProtocolId } from '../wire/index.ts'
import { Access } from './access.ts'
import { serveCatalog } from './catalog-server.ts'
import { serveChunks, type ChunkServerDeps } from './chunk-server.ts'
import { catchUpWith } from './catch-up.ts'
import { collectChunks } from './collect.ts'
import type { Completed } from './completed.ts'
import { Fetcher } from './fetcher.ts'
import { greet } from './greeting.ts'
import { askHistory, serveHistory, type HistoryWant } from './history.ts'
import { keptOf, type KeepSettings } from './keep-settings.ts'
import { REST_MS, RETRY_FIRST_MS } from './limits.ts'
import type { RateLimits } from './rate-limits.ts'
import { PeerLink } from './peer-link.ts'
import { sealedOf } from './targets.ts'
import { Replicator } from './replicator.ts'
import type { SourceView } from './service.ts'

export interface ExchangeDeps {
  readonly catalog: Catalog
  readonly store: ChunkStore
  readonly node: PeerNode
  readonly book: AddressBook
  readonly keep: KeepSettings
  readonly completed: Completed
  readonly limits: RateLimits
  /** What this node says first on every stream. */
  readonly hello: () => Hello
  readonly isMember: (device: string) => boolean
  /** Speaks with a device no more for a while. */
  readonly shun: (device: string) => void
  readonly clock: Clock
  readonly events: Events
  readonly log: Log
}

/** Everything this node exchanges with the connected members of one workspace: catalog and chunks, both ways. */
export class Exchange {
  readonly replicator: Replicator
  readonly #deps: ExchangeDeps
  readonly #fetcher: Fetcher
  readonly #access: Access
  readonly #links = new Map<string, PeerLink>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #leaving = new Set<Promise<unknown>>()
  readonly #ended: () => void
  #envelopes = 0

  constructor(deps: ExchangeDeps) {
    const { catalog, store, keep, completed, clock, events, log } = deps
    this.#deps = deps
    this.#fetcher = this.#fetcherInto(store)
    this.replicator = new Replicator({ catalog, store, fetcher: this.#fetcher, history: (want, signal) => this.#history(want, signal), completed, keepOf: dataset => keptOf(keep, dataset, catalog.device), clock, events, log })
    this.#access = new Access(catalog, store)
    this.#ended = catalog.onChange(change => { if (change.dataset !== undefined) this.replicator.changed(change.dataset, change.own) })
    this.replicator.poke()
  }

  /** Envelopes taken in so far. */
  get envelopes(): number { return this.#envelopes }

  /** Members this node exchanges with now. */
  get peers(): readonly string[] { return [...this.#links.keys()] }

  /** What each connected member gave of chunks. */
  sources(): readonly SourceView[] { return this.#fetcher.sources() }

  /** Brings chunks of a dataset into the store, as far as connected members have them. @throws DISK_FULL, CANCELLED, TIMED_OUT */
  async bring(dataset: DatasetId, hashes: readonly Hash[], signal: AbortSignal): Promise<void> {
    await this.#fetcher.fetch(hashes.map(hash => ({ hash })), { dataset, signal })
  }

  /** The right bytes of chunks, from whoever has them; not put into the store. */
  collect(hashes: readonly Hash[], signal: AbortSignal): AsyncIterable<Chunk> {
    const { catalog, store } = this.#deps
    return collectChunks(hashes, {
      catalog,
      store,
      fetcherInto: other => {
        const fetcher = this.#fetcherInto(other)
        for (const peer of this.peers) fetcher.add(peer)
        return fetcher
      }
    }, signal)
  }

  #fetcherInto(store: ChunkStore): Fetcher {
    const { clock, limits } = this.#deps
    return new Fetcher({
      store,
      clock,
      pace: bytes => limits.download.take(bytes),
      open: (peer, signal) => this.#open(peer, PROTOCOL.chunks, signal),
      lost: (peer, error) => this.#lostSource(peer, error)
    })
  }

  /** A member is connected. */
  connect(peer: string): void {
    if (this.#links.has(peer)) return
    this.#links.set(peer, new PeerLink({
      peer,
      catalog: this.#deps.catalog,
      log: this.#deps.log,
      open: signal => this.#open(peer, PROTOCOL.catalog, signal),
      admitted: result => {
        this.#envelopes += result.admitted
        for (const refusal of result.refused) this.#deps.node.offended('a change was refused', refusal.forged === true ? peer : refusal.device, { from: peer, ...refusal })
        if (result.admitted > 0 || result.refused.length > 0) this.#deps.events.emit('sync', { peer, envelopes: result.admitted, refused: result.refused })
      },
      fault: error => this.#fault(peer, error),
      slow: error => this.#deps.node.offended('a member answers too slowly; it is asked again later', peer, { error })
    }))
    this.#fetcher.add(peer)
    this.replicator.poke()
  }

  /** A member is gone. */
  disconnect(peer: string): void {
    const link = this.#links.get(peer)
    this.#links.delete(peer)
    const leaving = Promise.allSettled([link?.stop(), this.#fetcher.remove(peer)]).finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }

  async stop(): Promise<void> {
    this.#ended()
    this.#access.stop()
    for (const timer of this.#timers) clearTimeout(timer)
    for (const peer of this.peers) this.disconnect(peer)
    await Promise.all([this.replicator.stop(), this.#fetcher.stop(), ...this.#leaving])
  }

  /** Takes in all that the connected members have at this moment. @returns how many told it all */
  catchUp(signal: AbortSignal): Promise<number> {
    return catchUpWith([...this.#links.values()], signal, error => this.#deps.log.debug('a member could not be caught up with', { error }))
  }

  async serveCatalog(stream: FrameStream, peer: string): Promise<void> {
    const { catalog } = this.#deps
    await this.#greet(stream, peer)
    await serveCatalog(stream, { catalog, mayRead: document => catalog.mayRead(document, peer as DeviceId), mayGoOn: () => this.#mayGoOn(peer) })
  }

  async serveChunks(stream: FrameStream, peer: string): Promise<void> {
    await this.#greet(stream, peer)
    await serveChunks(stream, this.#servingTo(peer))
  }

  async serveHistory(stream: FrameStream, peer: string): Promise<void> {
    await this.#greet(stream, peer)
    await serveHistory(stream, { ...this.#servingTo(peer), sealed: dataset => sealedOf(this.#deps.catalog.dataset(dataset as DatasetId)) })
  }

  #servingTo(peer: string): ChunkServerDeps {
    return {
      store: this.#deps.store,
      mayGoOn: () => this.#mayGoOn(peer),
      mayHave: (dataset, hashes) => this.#access.of(peer as DeviceId, dataset as DatasetId, hashes),
      pace: bytes => this.#deps.limits.upload.take(bytes)
    }
  }

  /** Commits with what they follow, as much as one answer holds, from the first connected member that has any of it. */
  async #history(want: HistoryWant, signal: AbortSignal): Promise<readonly Chunk[]> {
    for (const peer of this.peers) {
      try {
        const found = await this.#askHistory(peer, want, signal)
        await this.#deps.limits.download.take(found.reduce((sum, { bytes }) => sum + bytes.byteLength, 0))
        if (found.length > 0) return found
      } catch (error) {
        signal.throwIfAborted()
        const failure = toShoalError(error)
        if (isFault(failure)) this.#fault(peer, failure)
        else this.#deps.log.debug('a member told no history', { peer, error: failure })
      }
    }
    return []
  }

  async #askHistory(peer: string, want: HistoryWant, signal: AbortSignal): Promise<readonly Chunk[]> {
    const stream = await this.#open(peer, PROTOCOL.history, signal)
    try {
      return await askHistory(stream, want, signal)
    } finally {
      await stream.close()
    }
  }

  #mayGoOn(peer: string): void {
    if (!this.#deps.isMember(peer)) fail('NOT_ALLOWED', 'this device is no member of the workspace any more')
  }

  async #open(peer: string, protocol: ProtocolId, signal: AbortSignal): Promise<FrameStream> {
    const stream = await this.#deps.node.open(peer, protocol, signal)
    try {
      await this.#greet(stream, peer, signal)
      return stream
    } catch (error) {
      await stream.refuse(error)
      throw error
    }
  }

  async #greet(stream: FrameStream, peer: string, signal?: AbortSignal): Promise<void> {
    const { hello, book, clock } = this.#deps
    const { addresses, name } = await greet(stream, hello(), signal)
    await book.note(peer, { addresses, name }, clock.now())
  }

  #fault(peer: string, error: ShoalError): void {
    this.#deps.node.offended('a member broke the protocol; it is disconnected', peer, { error })
    this.#deps.events.emit('peer', { peer, fault: error.toWire() })
    this.#deps.shun(peer)
    this.#deps.node.disconnect(peer, error.message)
  }

  /** A source of chunks failed: one that broke the rules is left; others get another chance after a rest. */
  #lostSource(peer: string, error: ShoalError): void {
    if (isFault(error)) return this.#fault(peer, error)
    if (isShoalError(error, 'TIMED_OUT')) this.#deps.node.offended('a member answers too slowly; others are asked', peer, { error })
    this.#deps.log.debug('a member gives no chunks for the moment', { peer, error })
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (!this.#links.has(peer)) return
      this.#fetcher.add(peer)
      this.replicator.poke()
    }, isShoalError(error, 'TIMED_OUT') ? REST_MS : RETRY_FIRST_MS)
    this.#timers.add(timer)
  }
}
