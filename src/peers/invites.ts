import { join } from 'node:path'
import { z } from 'zod'
import { fail } from '../errors/index.ts'
import { INVITE_DEFAULT_MS, INVITE_MOST_MS, INVITE_MOST_USES } from '../model/index.ts'
import type { Chance, Clock } from '../runtime/index.ts'
import type { Role } from '../trust/index.ts'
import { DurableFile } from './durable-file.ts'
import { INVITE_SECRET_BYTES, inviteName, provesInvite, type JoinStatement } from './invite-key.ts'

/** Invites that may be open at once. */
const MOST_INVITES = 100

/** Milliseconds an invite that ended is remembered, so that its holder hears why it fails; until then strangers may reach the join protocol. */
const REMEMBERED_MS = INVITE_DEFAULT_MS

/** Failed proofs a minute from one address, and from all: no guessing (the secret has 128 bits), no wasted work. */
const TRIES_PER_ADDRESS = 5
const TRIES_IN_ALL = 60
const TRIES_WINDOW_MS = 60_000

const inviteSchema = z.object({
  /** Hex of the invite's public name. */
  name: z.string().regex(/^[0-9a-f]{64}$/),
  role: z.enum(['admin', 'writer', 'reader']),
  uses: z.int().min(1).max(INVITE_MOST_USES),
  expiresAt: z.number(),
  /** Devices that joined with it. */
  joined: z.array(z.string()),
  /** When its last use was taken, or somebody took it back. */
  usedUpAt: z.number().optional(),
  revoked: z.boolean().optional()
})
type Invite = z.infer<typeof inviteSchema>
const fileSchema = z.object({ invites: z.array(inviteSchema) })
type InviteFile = z.infer<typeof fileSchema>

export interface NewInvite { readonly id: string, readonly secret: Uint8Array, readonly role: Role, readonly uses: number, readonly expiresAt: number }

/** An invite as its maker sees it; the line itself is not kept. */
export interface InviteView {
  /** Names it among this node's invites; proves nothing. */
  readonly id: string
  readonly role: Role
  readonly uses: number
  readonly state: 'open' | 'used' | 'expired' | 'revoked'
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Devices that joined with it. */
  readonly joined: readonly string[]
}

/** Hex characters of an invite's public name that make its id: no two of a hundred are alike. */
const ID_LENGTH = 12

/** The invites this node made: their public names, what they are good for, and who used them. Durable; secrets are never kept. */
export class Invites {
  readonly #file: DurableFile<InviteFile>
  readonly #clock: Clock
  readonly #chance: Chance
  #tries: { readonly at: number, readonly address: string }[] = []

  private constructor(file: DurableFile<InviteFile>, clock: Clock, chance: Chance) {
    this.#file = file
    this.#clock = clock
    this.#chance = chance
  }

  static async open(folder: string, clock: Clock, chance: Chance): Promise<Invites> {
    return new Invites(await DurableFile.open(join(folder, 'invites.json'), fileSchema, { invites: [] }), clock, chance)
  }

  /** @param expiresMs milliseconds from now @throws FIELD_INVALID, LIMIT_EXCEEDED */
  async create(options: { role?: Role, uses?: number, expiresMs?: number }): Promise<NewInvite> {
    const { role = 'writer', uses = 1, expiresMs = INVITE_DEFAULT_MS } = options
    if (!Number.isInteger(uses) || uses < 1 || uses > INVITE_MOST_USES) fail('FIELD_INVALID', `an invite is good for 1 to ${INVITE_MOST_USES} uses, not ${uses}`, { field: 'uses' })
    if (!(expiresMs > 0 && expiresMs <= INVITE_MOST_MS)) fail('FIELD_INVALID', `an invite is good for up to ${INVITE_MOST_MS / INVITE_DEFAULT_MS} days`, { field: 'expiresMs' })
    const secret = this.#chance.bytes(INVITE_SECRET_BYTES)
    const now = this.#clock.now()
    const invite: Invite = { name: Buffer.from(inviteName(secret)).toString('hex'), role, uses, expiresAt: now + expiresMs, joined: [] }
    await this.#file.update(({ invites }) => {
      const kept = invites.filter(one => this.#remembered(one, now))
      if (kept.filter(one => stateOf(one, now) === 'open').length >= MOST_INVITES) fail('LIMIT_EXCEEDED', `there are ${MOST_INVITES} open invites already`)
      return { invites: [...kept, invite] }
    })
    return { id: idOf(invite), secret, role, uses, expiresAt: invite.expiresAt }
  }

  /** Those that are open or ended within a day, newest first. */
  list(): readonly InviteView[] {
    const now = this.#clock.now()
    return this.#file.value.invites.filter(invite => this.#remembered(invite, now)).toReversed().map(invite => (
      { id: idOf(invite), role: invite.role, uses: invite.uses, state: stateOf(invite, now), expiresAt: invite.expiresAt, joined: invite.joined }))
  }

  /** Takes an open invite back: nobody joins with it any more. @throws INVITE_NOT_FOUND, INVITE_USED, INVITE_EXPIRED */
  async revoke(id: string): Promise<void> {
    const now = this.#clock.now()
    await this.#file.update(file => {
      const invite = file.invites.find(one => idOf(one) === id && this.#remembered(one, now)) ?? fail('INVITE_NOT_FOUND', `this node has no invite ${id}`, { invite: id })
      const state = stateOf(invite, now)
      if (state === 'revoked') return file
      if (state !== 'open') fail(ENDED[state], `the invite ${id} is over already: ${state}`, { invite: id })
      return { invites: file.invites.map(one => one === invite ? { ...invite, revoked: true, usedUpAt: now } : one) }
    })
  }

  /** Whether strangers may reach the join protocol: an invite is open, or ended so lately that its holder should hear why. */
  welcomesGuests(): boolean {
    const now = this.#clock.now()
    return this.#file.value.invites.some(invite => this.#remembered(invite, now))
  }

  /**
   * Takes a use of an invite for a joiner that proved it knows its secret. A joiner that has used it before may again: its first try
   * may have broken after the use was taken.
   * @param address the joiner's host, for the limit on tries
   * @throws INVITE_INVALID, INVITE_REVOKED, INVITE_USED, INVITE_EXPIRED, LIMIT_EXCEEDED
   */
  async redeem(name: Uint8Array, proof: Uint8Array, said: JoinStatement, address: string): Promise<Role> {
    const now = this.#clock.now()
    this.#limitTries(address, now)
    const hex = Buffer.from(name).toString('hex')
    let role: Role = 'reader'
    await this.#file.update(file => {
      const invite = file.invites.find(one => one.name === hex)
      if (invite === undefined || !provesInvite(name, proof, said)) {
        this.#tries.push({ at: now, address })
        return fail('INVITE_INVALID', 'this node made no such invite')
      }
      role = invite.role
      if (invite.joined.includes(said.joiner)) return file
      const state = stateOf(invite, now)
      if (state !== 'open') fail(ENDED[state], SAID[state])
      const joined = [...invite.joined, said.joiner]
      const used: Invite = joined.length < invite.uses ? { ...invite, joined } : { ...invite, joined, usedUpAt: now }
      return { invites: file.invites.map(one => one === invite ? used : one) }
    })
    return role
  }

  #limitTries(address: string, now: number): void {
    this.#tries = this.#tries.filter(one => now - one.at < TRIES_WINDOW_MS && one.at <= now)
    const from = this.#tries.filter(one => one.address === address).length
    if (from >= TRIES_PER_ADDRESS || this.#tries.length >= TRIES_IN_ALL) fail('LIMIT_EXCEEDED', 'too many wrong invites; wait a minute')
  }

  #remembered(invite: Invite, now: number): boolean {
    return now < Math.min(invite.expiresAt, invite.usedUpAt ?? invite.expiresAt) + REMEMBERED_MS
  }
}

const ENDED = { used: 'INVITE_USED', expired: 'INVITE_EXPIRED', revoked: 'INVITE_REVOKED' } as const
const SAID = { used: 'the invite was used already', expired: 'the invite has expired', revoked: 'the invite was taken back by who made it' } as const

const idOf = (invite: Invite): string => invite.name.slice(0, ID_LENGTH)

/** Taken back counts before used, used before expired: what its holder can least change comes first. */
function stateOf(invite: Invite, now: number): InviteView['state'] {
  if (invite.revoked === true) return 'revoked'
  if (invite.joined.length >= invite.uses) return 'used'
  return now < invite.expiresAt ? 'open' : 'expired'
}
