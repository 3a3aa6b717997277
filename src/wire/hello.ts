import { z } from 'zod'
import { fail } from '../errors/index.ts'
import { message } from './codec.ts'
import { MAX_ADDRESS_LENGTH, MAX_ADDRESSES, MAX_ID_LENGTH, MAX_NAME_LENGTH } from './limits.ts'

/** The protocols, each with its major version; a new major is a new name, so that both can be served for a while. */
export const PROTOCOL = {
  join: '/shoal/join/1',
  catalog: '/shoal/catalog/1',
  chunks: '/shoal/chunks/1',
  history: '/shoal/history/1',
  where: '/shoal/where/1',
  guests: '/shoal/guests/1'
} as const

export type ProtocolId = typeof PROTOCOL[keyof typeof PROTOCOL]

/** The newest revision this side speaks, and the oldest it still understands, within the majors above. */
export const REVISION = 1
export const OLDEST_REVISION = 1

/** First frame of each side on every stream. */
export interface Hello {
  readonly revision: number
  readonly oldest: number
  /** The workspace this side belongs to (for join: wants into). */
  readonly workspace: string
  /** The program and its version, for logs. */
  readonly agent: string
  /** The device's name for people. */
  readonly name: string
  /** Where this side can be dialled. */
  readonly addresses: readonly string[]
}

export const address = z.string().min(1).max(MAX_ADDRESS_LENGTH)
export const personName = z.string().max(MAX_NAME_LENGTH)
/** Visible ASCII: names of documents, devices, workspaces and roles. */
export const identifier = z.string().max(MAX_ID_LENGTH).regex(/^[\x21-\x7e]+$/)

export const helloMessage = message<Hello>('hello', z.object({
  revision: z.int().min(1).max(0xffff),
  oldest: z.int().min(1).max(0xffff),
  workspace: identifier,
  agent: z.string().max(MAX_NAME_LENGTH),
  name: personName,
  addresses: z.array(address).max(MAX_ADDRESSES)
}))

/** What this side says first. Addresses beyond the limit stay out. */
export const helloOf = (self: { workspace: string, agent: string, name: string, addresses: readonly string[] }): Hello => ({
  revision: REVISION,
  oldest: OLDEST_REVISION,
  workspace: self.workspace,
  agent: self.agent.slice(0, MAX_NAME_LENGTH).toWellFormed(),
  name: self.name.slice(0, MAX_NAME_LENGTH).toWellFormed(),
  addresses: self.addresses.filter(text => text.length <= MAX_ADDRESS_LENGTH).slice(0, MAX_ADDRESSES)
})

/**
 * Whether two sides can speak: they share a revision and a workspace.
 * @returns the revision to speak
 * @throws PEER_INCOMPATIBLE, NOT_ALLOWED
 */
export function agree(workspace: string, theirs: Hello): number {
  const revision = Math.min(REVISION, theirs.revision)
  if (revision < OLDEST_REVISION || revision < theirs.oldest) {
    fail('PEER_INCOMPATIBLE', `this side speaks revisions ${OLDEST_REVISION} to ${REVISION}, the peer (${theirs.agent}) ${theirs.oldest} to ${theirs.revision}`)
  }
  if (theirs.workspace !== workspace) fail('NOT_ALLOWED', 'the two nodes belong to different workspaces')
  return revision
}
