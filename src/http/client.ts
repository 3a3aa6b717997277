import type { SyncReport } from '../sync/index.ts'
import type { CollectReport, VerifyReport } from '../upkeep/index.ts'
import { api } from './client/addresses.ts'
import { bundlesOver } from './client/bundles.ts'
import { datasetsOver } from './client/datasets.ts'
import { experimentsOver } from './client/experiments.ts'
import { filesOver } from './client/files.ts'
import { pages } from './client/pages.ts'
import { createRun, waitFor, type RunOptions } from './client/runs.ts'
import { eventsOf } from './client/streams.ts'
import { createTransport, type Fetch } from './client/transport.ts'
import { uploadsOver } from './client/uploads.ts'
import { versionsOver } from './client/versions.ts'
import type {
  EventItem, GcBody, Invite, InviteBody, InviteItem, JobItem, JoinResult, LimitsBody, LimitsItem, Member, MemberBody, NodeItem, Page, Peer, ReplicationItem, SyncBody, SyncState,
  VerifyBody
} from './contract.ts'

export interface ClientOptions {
  /** `http://127.0.0.1:7420`. */
  readonly baseUrl: string
  /** Default: the platform's. */
  readonly fetch?: Fetch | undefined
  /** Content of `<home>/api-token`. */
  readonly token?: string | undefined
}

/** Time for `/healthz`: a node that takes longer counts as not running. Milliseconds. */
const HEALTH_WITHIN_MS = 3000

/**
 * Everything a node can do, over its HTTP API. Methods answer the contract's types and throw the `ShoalError` the node reported, or
 * NODE_UNREACHABLE, TIMED_OUT, CANCELLED. Work that takes long runs as a job of the node: progress goes to `onProgress`, `signal` cancels it.
 */
export function createClient(options: ClientOptions) {
  const http = createTransport(options)
  const run = createRun(http)
  return {
    datasets: datasetsOver(http, run),
    versions: versionsOver(http, run),
    files: filesOver(http, run),
    bundles: bundlesOver(http),
    experiments: experimentsOver(http),
    uploads: uploadsOver(http, run),
    jobs: {
      list: (query: { state?: JobItem['state'], limit?: number, cursor?: string } = {}) => http.json<Page<JobItem>>('GET', api('/jobs'), { query: { ...query } }),
      get: (id: string) => http.json<JobItem>('GET', api(`/jobs/${encodeURIComponent(id)}`)),
      /** Until it has ended, however it ended. */
      wait: async (id: string, options?: RunOptions) => await waitFor(http, await http.json<JobItem>('GET', api(`/jobs/${encodeURIComponent(id)}`)), options),
      cancel: (id: string) => http.json<JobItem>('DELETE', api(`/jobs/${encodeURIComponent(id)}`))
    },
    node: () => http.json<NodeItem>('GET', api('/node')),
    /** Resolves when the node answers. */
    health: () => http.json<{ status: 'ok' }>('GET', '/healthz', { within: HEALTH_WITHIN_MS }),
    members: () => pages<Member>(http, api('/members'), {}),
    /** @param peer a member's id, or its name where only one has it */
    setRole: (peer: string, role: MemberBody['role']) => http.json<Member>('PATCH', api(`/members/${encodeURIComponent(peer)}`), { json: { role } }),
    removeMember: (peer: string) => http.json<void>('DELETE', api(`/members/${encodeURIComponent(peer)}`)),
    peers: () => pages<Peer>(http, api('/peers'), {}),
    invite: (input: InviteBody = {}) => http.json<Invite>('POST', api('/invites'), { json: input }),
    invites: () => pages<InviteItem>(http, api('/invites'), {}),
    revokeInvite: (id: string) => http.json<void>('DELETE', api(`/invites/${encodeURIComponent(id)}`)),
    join: (invite: string, options?: RunOptions) => run<JoinResult>(api('/join'), { invite }, options),
    syncState: () => http.json<SyncState>('GET', api('/sync')),
    replication: (dataset?: string) => pages<ReplicationItem>(http, api('/replication'), { dataset }),
    limits: () => http.json<LimitsItem>('GET', api('/limits')),
    /** What is left out stays; null takes a limit away. */
    setLimits: (input: LimitsBody) => http.json<LimitsItem>('PUT', api('/limits'), { json: input }),
    sync: (input: SyncBody = {}, options?: RunOptions) => run<SyncReport>(api('/sync'), input, options),
    verify: (input: VerifyBody = {}, options?: RunOptions) => run<VerifyReport>(api('/verify'), input, options),
    gc: (input: GcBody = {}, options?: RunOptions) => run<CollectReport>(api('/gc'), input, options),
    /** What happens on the node, live. Breaking out of the loop or `signal` ends it. @param options `after`: id of the last event seen */
    async* events(options: { topics?: readonly string[], after?: string, signal?: AbortSignal } = {}): AsyncGenerator<EventItem> {
      const query = { topics: options.topics?.join(','), after: options.after }
      yield* eventsOf(await http.send('GET', api('/events'), { query, headers: { accept: 'text/event-stream' }, signal: options.signal }), options.signal)
    }
  }
}

export type Client = ReturnType<typeof createClient>
