import type { RawClose, RawMessage, RawStream } from '../../src/wire/raw-stream.ts'

type Listener = (event: RawMessage & RawClose) => void

/** Two ends of one stream in memory, as a multiplexer over a fast line would give them: what is sent arrives later, in order, held back while the other end pauses. */
export function memoryStreams(): readonly [RawStream, RawStream] {
  const [one, other] = [new MemoryEnd(), new MemoryEnd()]
  one.other = other
  other.other = one
  return [one, other]
}

class MemoryEnd implements RawStream {
  other!: MemoryEnd
  readStatus: RawStream['readStatus'] = 'readable'
  writeStatus: RawStream['writeStatus'] = 'writable'
  readableEnded = false
  readonly #listeners = new Map<string, Set<Listener>>()
  #inbox: Uint8Array[] = []
  #isDue = false
  #isClosed = false

  get readBufferLength(): number { return this.#inbox.reduce((sum, piece) => sum + piece.byteLength, 0) }
  get writeBufferLength(): number { return this.other.readBufferLength }

  send(data: Uint8Array): boolean {
    if (this.writeStatus !== 'writable') throw new Error(`the stream is ${this.writeStatus}`)
    this.other.#inbox.push(data.slice())
    this.other.#deliverSoon()
    return this.writeBufferLength === 0
  }

  pause(): void { this.readStatus = 'paused' }

  resume(): void {
    this.readStatus = 'readable'
    this.#deliver()
  }

  async close(): Promise<void> {
    this.writeStatus = 'closed'
    this.other.#deliverSoon()
    this.#deliverSoon()
  }

  abort(error: Error): void {
    this.#cut(error)
    this.other.#cut(new Error('the other side cut the stream'))
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener)
  }

  #deliverSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      this.#deliver()
    })
  }

  #deliver(): void {
    if (this.#isClosed || this.readStatus === 'paused') return
    const pieces = this.#inbox.splice(0)
    for (const data of pieces) this.#tell('message', { data })
    if (pieces.length > 0) this.other.#tell('drain')
    if (this.other.writeStatus !== 'closed') return
    if (!this.readableEnded) {
      this.readableEnded = true
      this.#tell('end')
    }
    if (this.writeStatus === 'closed') this.#cut()
  }

  #cut(error?: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.readableEnded = true
    this.#inbox = []
    this.readStatus = this.writeStatus = 'closed'
    this.#tell('close', { error })
  }

  #tell(type: string, event: Partial<RawMessage & RawClose> = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as RawMessage & RawClose)
  }
}
