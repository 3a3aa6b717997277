import { createHash } from 'node:crypto'
import { decode, encode } from 'cborg'
import { blake3 } from '../../../src/chunks/index.ts'
import type { AdmitResult, Catalog, LogHead } from '../../../src/catalog/index.ts'
import type { DeviceId } from '../../../src/model/index.ts'
import { PeerNode, type ProtocolHandler } from '../../../src/peers/index.ts'
import { silentLog } from '../../../src/runtime/index.ts'
import { PROTOCOL, type FrameStream, type ProtocolId } from '../../../src/wire/index.ts'

/** Two nodes that know each other over real sockets; `serve` answers on the first, the second asks. */
export async function connectedPair(protocol: ProtocolId, serve: ProtocolHandler): Promise<{ open: () => Promise<FrameStream>, server: PeerNode, client: PeerNode, serverId: string, stop: () => Promise<void> }> {
  const everyone = { isMember: () => true, isBarred: () => false, welcomesGuests: () => false }
  const make = (name: string): PeerNode => new PeerNode({ seed: new Uint8Array(createHash('sha256').update(name).digest()), listen: ['/ip4/127.0.0.1/tcp/0'], agent: 'test', admission: everyone, log: silentLog })
  const server = make('server')
  const client = make('client')
  server.handle(protocol, { guests: false }, serve)
  await Promise.all([server.start(), client.start()])
  const id = server.addresses()[0]?.split('/').at(-1) ?? ''
  await client.dial(id, server.addresses())
  return {
    open: () => client.open(id, protocol),
    server,
    client,
    serverId: id,
    stop: async () => { await Promise.all([server.stop(), client.stop()]) }
  }
}

export { PROTOCOL }

interface FakeEnvelope { readonly document: string, readonly device: string, readonly seq: number, readonly text: string }

/** The exchange side of a catalog: logs of envelopes that wait for their past, and refuse what says `bad`. */
export class FakeCatalog {
  readonly logs = new Map<string, Uint8Array[]>()
  readonly #waiting: FakeEnvelope[] = []
  readonly #frozen = new Set<string>()
  readonly #listeners = new Set<(change: { dataset?: string, own: boolean }) => void>()
  admitted = 0
  known = 0
  calls = 0

  static envelope(document: string, device: string, seq: number, text: string): Uint8Array {
    return encode({ document, device, seq, text })
  }

  write(document: string, device: string, text: string): void {
    const log = this.#log(document, device)
    log.push(FakeCatalog.envelope(document, device, log.length + 1, text))
    this.#tell(document, true)
  }

  onChange(listener: (change: { dataset?: string, own: boolean }) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async logHeads(documents?: readonly string[]): Promise<LogHead[]> {
    return [...this.logs].flatMap(([key, log]) => {
      const [document = '', device = ''] = key.split(' ')
      const last = log.at(-1)
      if (last === undefined || (documents !== undefined && !documents.includes(document))) return []
      return [{ document, device: device as DeviceId, seq: log.length, hash: blake3(last), stands: log.length }]
    })
  }

  async envelopes(document: string, device: DeviceId, after: number, limit: number): Promise<Uint8Array[]> {
    return this.#log(document, device).slice(after, after + limit)
  }

  async admit(envelopes: readonly Uint8Array[]): Promise<AdmitResult> {
    this.calls++
    const refused: { document: string, device: DeviceId, seq: number, reason: string }[] = []
    let [admitted, known] = [0, 0]
    this.#waiting.push(...envelopes.map(bytes => decode(bytes) as FakeEnvelope))
    for (let moved = true; moved;) {
      moved = false
      for (const envelope of this.#waiting.slice()) {
        const log = this.#log(envelope.document, envelope.device)
        if (envelope.seq > log.length + 1) continue
        this.#waiting.splice(this.#waiting.indexOf(envelope), 1)
        moved = true
        if (envelope.text === 'bad' || this.#frozen.has(`${envelope.document} ${envelope.device}`)) {
          this.#frozen.add(`${envelope.document} ${envelope.device}`)
          refused.push({ document: envelope.document, device: envelope.device as DeviceId, seq: envelope.seq, reason: 'bad' })
        } else if (envelope.seq === log.length + 1) {
          log.push(encode(envelope))
          admitted++
          this.#tell(envelope.document, false)
        } else known++
      }
    }
    this.admitted += admitted
    this.known += known
    return { admitted, known, refused }
  }

  #log(document: string, device: string): Uint8Array[] {
    const key = `${document} ${device}`
    const log = this.logs.get(key) ?? []
    this.logs.set(key, log)
    return log
  }

  #tell(document: string, own: boolean): void {
    for (const listener of this.#listeners) listener({ dataset: document, own })
  }

  /** As what the exchange takes; it uses nothing else of a catalog. */
  get asCatalog(): Catalog { return this as unknown as Catalog }
}
