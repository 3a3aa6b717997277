/** Something that happened on this node, for the page, `shoal` and scripts: sent as server-sent events. */
export interface ShoalEvent {
  /** Rising by one, from 1 at the node's start. */
  readonly id: number
  /** `job`, `dataset`, `version`, `peer`, `sync`. */
  readonly topic: string
  /** ISO-8601 UTC. */
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

export type EventListener = (event: ShoalEvent) => void

/** Enough for a page that slept a minute during a busy import to catch up without loading everything anew. */
const REPLAY_LENGTH = 1000

/** The node's events: live, with the last ones kept for readers that come back. */
export class Events {
  readonly #listeners = new Set<EventListener>()
  readonly #recent: ShoalEvent[] = []
  readonly #now: () => number
  #lastId = 0

  constructor(now: () => number) {
    this.#now = now
  }

  get lastId(): number { return this.#lastId }

  emit(topic: string, data: Readonly<Record<string, unknown>>): void {
    const event: ShoalEvent = { id: ++this.#lastId, topic, time: new Date(this.#now()).toISOString(), data }
    this.#recent.push(event)
    if (this.#recent.length > REPLAY_LENGTH) this.#recent.shift()
    for (const listener of this.#listeners) listener(event)
  }

  /** Calls `listener` for each event from now on; returns a function that ends it. */
  on(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The events behind `id`, or undefined where some of them are gone (the reader must load its state anew). */
  since(id: number): readonly ShoalEvent[] | undefined {
    if (id > this.#lastId || this.#lastId - id > this.#recent.length) return undefined
    return this.#recent.slice(this.#recent.length - (this.#lastId - id))
  }
}
