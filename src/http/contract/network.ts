import { z } from 'zod'
import { INVITE_DEFAULT_MS, INVITE_MOST_MS, INVITE_MOST_USES } from '../../model/index.ts'
import { bytes, count, page, time, word } from './field.ts'
import { job } from './jobs.ts'

/** The node, its team, its store and its upkeep as HTTP shows and takes them. */

const role = z.enum(['admin', 'writer', 'reader'])

export const node = z.strictObject({
  id: z.string(),
  name: z.string(),
  role,
  version: z.string(),
  workspace: z.string(),
  addresses: z.array(z.string()).readonly(),
  startedAt: time,
  datasets: count,
  store: z.strictObject({ chunks: count, bytes: bytes.meta({ description: 'as they were put in' }), storedBytes: bytes.meta({ description: 'on disk' }) })
}).meta({ id: 'Node' })
/** What this node is and holds. */
export type NodeItem = z.infer<typeof node>

export const health = z.strictObject({ status: z.literal('ok') })

export const member = z.strictObject({
  id: z.string(),
  name: z.string(),
  role,
  addresses: z.array(z.string()).readonly(),
  addedAt: time,
  addedBy: z.string(),
  removed: z.boolean()
}).meta({ id: 'Member' })
/** A device of the team. */
export type Member = z.infer<typeof member>
export const memberPage = page(member)

export const peer = z.strictObject({
  id: z.string(),
  name: z.string(),
  connected: z.boolean(),
  via: z.enum(['direct', 'mdns', 'relay']).exactOptional().meta({ description: 'how it is reached while connected; mdns: directly, on the local network' }),
  address: z.string().exactOptional().meta({ description: 'its address while connected' }),
  addresses: z.array(z.string()).readonly().meta({ description: 'in the order they would be tried' }),
  roundTripMs: z.number().nonnegative().exactOptional(),
  lastSeen: time.exactOptional(),
  bytesIn: bytes,
  bytesOut: bytes,
  inRate: bytes.meta({ description: 'bytes a second, over the last ten seconds' }),
  outRate: bytes.meta({ description: 'bytes a second, over the last ten seconds' }),
  attempts: count.exactOptional().meta({ description: 'tries to reach it directly since it was last; missing while it is' }),
  lastError: z.strictObject({ code: z.string(), detail: z.string() }).exactOptional(),
  triedAt: time.exactOptional(),
  nextTry: time.exactOptional()
}).meta({ id: 'Peer' })
/** Another node, as this one sees it. */
export type Peer = z.infer<typeof peer>
export const peerPage = page(peer)

export const inviteBody = z.strictObject({
  role: role.exactOptional(),
  uses: z.number().int().min(1).max(INVITE_MOST_USES).exactOptional(),
  expiresMs: z.number().int().min(1000).max(INVITE_MOST_MS, `it is good for ${INVITE_MOST_MS / INVITE_DEFAULT_MS} days at most`).exactOptional().meta({ description: 'milliseconds from now' })
})
export type InviteBody = z.infer<typeof inviteBody>
export const invite = z.strictObject({ id: z.string(), invite: z.string().meta({ description: 'the line for the other machine; shown only now' }), role, uses: count, expiresAt: time })
export type Invite = z.infer<typeof invite>
export const inviteItem = z.strictObject({
  id: z.string(),
  role,
  uses: count,
  state: z.enum(['open', 'used', 'expired', 'revoked']),
  expiresAt: time,
  joined: z.array(z.string()).readonly().meta({ description: 'devices that joined with it' })
}).meta({ id: 'Invite' })
/** An invite as the node that made it shows it. */
export type InviteItem = z.infer<typeof inviteItem>
export const invitePage = page(inviteItem)

export const memberBody = z.strictObject({ role })
export type MemberBody = z.infer<typeof memberBody>

export const joinBody = z.strictObject({ invite: z.string().max(16_384) })
export const joinResult = z.strictObject({ workspace: z.string(), members: z.array(member).readonly() })
export type JoinResult = z.infer<typeof joinResult>

export const keepBody = z.strictObject({ keep: z.enum(['all', 'published', 'latest', 'none']) })
export type KeepBody = z.infer<typeof keepBody>

export const syncBody = z.strictObject({ ref: word.exactOptional(), wait: z.boolean().exactOptional() })
export type SyncBody = z.infer<typeof syncBody>
export const replication = z.strictObject({
  dataset: z.string(),
  version: z.string(),
  record: z.string(),
  holders: z.array(z.string()).readonly().meta({ description: 'members that said, signed, that they hold and have verified all of it' }),
  members: count.meta({ description: 'members that may see it' }),
  registry: z.array(z.string()).readonly().meta({ description: 'devices that must keep it' }),
  shortfall: z.array(z.string()).readonly().meta({ description: 'those of the registry that do not have it yet' })
}).meta({ id: 'Replication' })
export type ReplicationItem = z.infer<typeof replication>
export const replicationPage = page(replication)

/** Bytes a second; below it transfers would not stay alive. */
const rateLimit = z.number().int().min(256 * 1024).meta({ description: 'bytes a second, of all peers together' })
export const limits = z.strictObject({ upload: rateLimit.exactOptional(), download: rateLimit.exactOptional() }).meta({ id: 'Limits' })
export type LimitsItem = z.infer<typeof limits>
export const limitsBody = z.strictObject({ upload: rateLimit.nullable().exactOptional(), download: rateLimit.nullable().exactOptional() })
export type LimitsBody = z.infer<typeof limitsBody>
export const syncReport = z.strictObject({ peers: count, envelopes: count, chunks: count, bytes, missing: z.array(z.string()).readonly() })
const transfer = z.strictObject({
  dataset: z.string(),
  version: z.string(),
  phase: z.enum(['waiting', 'fetching']),
  bytes: bytes.meta({ description: 'of its files that are here' }),
  totalBytes: bytes.exactOptional(),
  bytesPerSecond: count,
  secondsLeft: count.exactOptional()
}).meta({ id: 'Transfer' })
const source = z.strictObject({ peer: z.string(), chunks: count, bytes, bytesPerSecond: count }).meta({ id: 'Source' })
export const syncState = z.strictObject({
  connected: count,
  peers: z.array(peer).readonly(),
  versions: z.array(transfer).readonly().meta({ description: 'what this node wants and does not have all of' }),
  sources: z.array(source).readonly().meta({ description: 'what each connected peer gave' }),
  running: z.array(job).readonly()
})
export type SyncState = z.infer<typeof syncState>

export const verifyBody = z.strictObject({ ref: word.exactOptional(), repair: z.boolean().exactOptional() })
export type VerifyBody = z.infer<typeof verifyBody>
export const verifyReport = z.strictObject({
  chunks: count,
  bytes,
  damaged: z.array(z.strictObject({ version: z.string(), path: z.string(), problem: z.enum(['missing', 'damaged']), hash: z.string() })).readonly(),
  repaired: count
})

export const gcBody = z.strictObject({ dryRun: z.boolean().exactOptional() })
export type GcBody = z.infer<typeof gcBody>
export const gcReport = z.strictObject({ chunks: count, bytes, dryRun: z.boolean(), kept: count })
