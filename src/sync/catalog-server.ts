import { fail } from '../errors/index.ts'
import type { Catalog, LogHead } from '../catalog/index.ts'
import { type DeviceId, sameHash } from '../model/index.ts'
import {
  FRAME, MAX_HEADS, SILENCE_MS, TICK_MS, encodeFrame, frameName, headsMessage, markMessage, packEnvelopes, wantLogsMessage, type Frame, type FrameStream, type HeadRow,
  type WantRow
} from '../wire/index.ts'
import { EPOCH, WORKSPACE_DOCUMENT, logKey } from './remote-logs.ts'
import { ENVELOPES_AT_ONCE, LOG_ANSWER_BYTES, SETTLE_MS } from './limits.ts'

export interface CatalogServerDeps {
  readonly catalog: Catalog
  /** Whether the peer may see a document. Asked each time: access changes. */
  readonly mayRead: (document: string) => boolean
  /** Throws when the peer may not be served any more. */
  readonly mayGoOn: () => void
}

/** Tells one peer where this node's logs stand, now and with each change, and hands out the envelopes it asks for; until the peer ends. */
export async function serveCatalog(stream: FrameStream, deps: CatalogServerDeps): Promise<void> {
  const announcer = new Announcer(stream, deps)
  try {
    for (let frame = await stream.receive(SILENCE_MS); frame !== undefined; frame = await stream.receive(SILENCE_MS)) {
      deps.mayGoOn()
      await answer(stream, deps, announcer, frame)
    }
  } finally {
    announcer.stop()
  }
}

async function answer(stream: FrameStream, deps: CatalogServerDeps, announcer: Announcer, frame: Frame): Promise<void> {
  if (frame.type === FRAME.tick) return
  if (frame.type === FRAME.mark) {
    const { id } = stream.decode(markMessage, frame)
    await announcer.announceAll()
    return stream.sendMessage(FRAME.marked, markMessage, { id })
  }
  if (frame.type !== FRAME.wantLogs) return fail('PEER_MISBEHAVED', `the peer sent ${frameName(frame.type)} on a catalog stream`)
  const { id, logs } = stream.decode(wantLogsMessage, frame)
  for (const log of logs) {
    if (deps.mayRead(log[0])) await sendLog(stream, deps, id, log)
  }
  await stream.sendMessage(FRAME.logsDone, markMessage, { id })
}

/** Sends a log's envelopes, fewer than asked for when they are large: the asker asks again. */
async function sendLog(stream: FrameStream, deps: CatalogServerDeps, id: number, [document, device, epoch, after, limit]: WantRow): Promise<void> {
  if (epoch !== EPOCH) return
  let at = after
  let bytes = 0
  while (at < after + limit && bytes < LOG_ANSWER_BYTES) {
    const count = Math.min(ENVELOPES_AT_ONCE, after + limit - at)
    const envelopes = await deps.catalog.envelopes(document, device as DeviceId, at, count)
    deps.mayGoOn()
    for (const frame of packEnvelopes(id, envelopes)) {
      bytes += frame.byteLength
      await stream.send(frame)
    }
    at += envelopes.length
    if (envelopes.length < count) return
  }
}

/** Says where the logs stand that the peer has not heard of. Changes within `SETTLE_MS` go together. */
class Announcer {
  readonly #stream: FrameStream
  readonly #deps: CatalogServerDeps
  /** What the peer was told of each log. */
  readonly #told = new Map<string, LogHead>()
  readonly #ticking: NodeJS.Timeout
  readonly #ended: () => void
  /** Documents that changed; undefined stands for all. Nothing is announced before the peer's first mark. */
  #changed: Set<string> | undefined = new Set()
  #asked = false
  #settling: NodeJS.Timeout | undefined
  #announcing: Promise<void> = Promise.resolve()

  constructor(stream: FrameStream, deps: CatalogServerDeps) {
    this.#stream = stream
    this.#deps = deps
    this.#ended = deps.catalog.onChange(change => this.#note(change.dataset, change.own))
    this.#ticking = setInterval(() => this.#send(stream.send(encodeFrame(FRAME.tick, new Uint8Array(0)))), TICK_MS)
  }

  stop(): void {
    this.#ended()
    clearInterval(this.#ticking)
    clearTimeout(this.#settling)
  }

  /** Resolves when the peer was told of everything that is here now. */
  announceAll(): Promise<void> {
    this.#asked = true
    this.#changed = undefined
    return this.#announce()
  }

  #note(dataset: string | undefined, own: boolean): void {
    // A change of the workspace's own document may change who may read what: look at all.
    if (dataset === undefined) this.#changed = undefined
    else this.#changed?.add(dataset)
    // What came from others together counts as one change of each dataset; it may hold some of the workspace's own document too.
    if (!own) this.#changed?.add(WORKSPACE_DOCUMENT)
    if (this.#asked) this.#settling ??= setTimeout(() => {
      this.#settling = undefined
      this.#send(this.#announce())
    }, SETTLE_MS)
  }

  /** Work nobody waits for: when it fails the stream is over, which whoever reads from it learns. */
  #send(work: Promise<void>): void {
    work.catch(() => undefined)
  }

  #announce(): Promise<void> {
    const turn = this.#announcing.then(() => this.#announceNow())
    this.#announcing = turn.catch(() => undefined)
    return turn
  }

  async #announceNow(): Promise<void> {
    const changed = this.#changed
    this.#changed = new Set()
    this.#deps.mayGoOn()
    const heads = await this.#deps.catalog.logHeads(changed === undefined ? undefined : [...changed])
    const news = heads.filter(head => isNews(head, this.#told.get(logKey(head))) && this.#deps.mayRead(head.document))
    for (let at = 0; at < news.length; at += MAX_HEADS) {
      const part = news.slice(at, at + MAX_HEADS)
      await this.#stream.sendMessage(FRAME.heads, headsMessage, { heads: part.map((head): HeadRow => [head.document, head.device, EPOCH, head.seq, head.hash]) })
      for (const head of part) this.#told.set(logKey(head), head)
    }
  }
}

/** Whether a log goes on, or holds other steps than the peer was told. */
const isNews = (head: LogHead, told: LogHead | undefined): boolean => told === undefined || head.seq > told.seq || (head.seq === told.seq && !sameHash(head.hash, told.hash))
