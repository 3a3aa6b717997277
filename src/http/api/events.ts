import { fail } from '../../errors/index.ts'
import type { Events, ShoalEvent } from '../../runtime/index.ts'
import { eventsQuery } from '../contract.ts'
import { responseRoute, type Route } from '../route.ts'
import type { AppOptions, Services } from '../services.ts'

/** Proxies and browsers cut silent connections after half a minute or more. Milliseconds. */
const HEARTBEAT_MS = 15_000
/** What a browser waits before it comes back. Milliseconds. */
const RETRY_MS = 2000
/** Events that wait for a slow reader; one that falls further behind is let go and comes back with its last id. */
const MAX_WAITING = 1000
/** Every page holds one; more than this is a fault, not a team. */
const MAX_STREAMS = 100

/** What happens on the node, live, as server-sent events. */
export function eventRoutes(services: Services, options: AppOptions): Route[] {
  let open = 0
  return [
    responseRoute({
      method: 'get', path: '/api/v1/events', group: 'Jobs', summary: 'Server-sent events: progress and changes; resumes after Last-Event-ID', query: eventsQuery,
      answers: { 200: { description: 'events {id, topic, time, data}; topic reset says that some were missed and state must be loaded anew', media: ['text/event-stream'] } },
      failures: ['TOO_BUSY']
    }, async ({ query, request, caller }) => {
      if (open >= MAX_STREAMS) fail('TOO_BUSY', `${MAX_STREAMS} readers follow the events of this node already`)
      const topics = query.topics === undefined ? undefined : new Set(query.topics.split(',').map(topic => topic.trim()))
      const after = request.headers.get('last-event-id') ?? query.after
      const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
      if (request.method === 'HEAD') return new Response(null, { headers })
      open++
      const stream = eventStream({
        events: services.events,
        epoch: epochOf(services),
        now: () => new Date(services.clock.now()).toISOString(),
        heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
        stopping: caller.connection.stopping,
        wanted: event => topics?.has(event.topic) ?? true,
        after,
        ended: () => { open-- }
      })
      return new Response(stream, { headers })
    })
  ]
}

/** Ids begin anew with each start of the node: this tells the starts apart. */
const epochOf = (services: Services): string => Date.parse(services.node.startedAt).toString(36)

interface StreamOptions {
  readonly events: Events
  readonly epoch: string
  readonly now: () => string
  readonly heartbeatMs: number
  readonly stopping: AbortSignal | undefined
  readonly wanted: (event: ShoalEvent) => boolean
  /** Id of the last event the reader has. */
  readonly after: string | undefined
  readonly ended: () => void
}

function eventStream(options: StreamOptions): ReadableStream<Uint8Array> {
  const { events, epoch, wanted } = options
  const cleanups: (() => void)[] = [options.ended]
  const end = (): void => {
    for (const cleanup of cleanups.splice(0)) cleanup()
  }
  return new ReadableStream<Uint8Array>({
    start: controller => {
      const close = (): void => {
        end()
        controller.close()
      }
      const send = (text: string): void => {
        if ((controller.desiredSize ?? 0) <= 0) close()
        else controller.enqueue(Buffer.from(text))
      }
      const sendEvent = (event: ShoalEvent): void => {
        if (wanted(event)) send(frame(`${epoch}-${event.id}`, event.topic, event.time, event.data))
      }
      send(`retry: ${RETRY_MS}\n\n`)
      const missed = missedBy(options)
      if (missed === undefined) send(frame(`${epoch}-${events.lastId}`, 'reset', options.now(), {}))
      else for (const event of missed) sendEvent(event)
      cleanups.push(events.on(sendEvent))
      const heart = setInterval(() => send(': alive\n\n'), options.heartbeatMs)
      heart.unref()
      cleanups.push(() => clearInterval(heart))
      options.stopping?.addEventListener('abort', close, { once: true })
      cleanups.push(() => options.stopping?.removeEventListener('abort', close))
      if (options.stopping?.aborted === true) close()
    },
    cancel: end
  }, { highWaterMark: MAX_WAITING })
}

/** Events since the reader's last; undefined where some are gone or its id is of an earlier start. */
function missedBy({ events, epoch, after }: StreamOptions): readonly ShoalEvent[] | undefined {
  if (after === undefined || after === '') return []
  const [, given, id] = /^([0-9a-z]+)-(\d{1,15})$/.exec(after) ?? []
  return given === epoch && id !== undefined ? events.since(Number(id)) : undefined
}

const frame = (id: string, topic: string, time: string, data: Readonly<Record<string, unknown>>): string =>
  `id: ${id}\nevent: ${topic}\ndata: ${JSON.stringify({ id, topic, time, data })}\n\n`
