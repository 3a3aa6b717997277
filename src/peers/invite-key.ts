import { hkdfSync } from 'node:crypto'
import { encode } from 'cborg'
import { deviceFromSeed, deviceIdOf, verifyBy, type Device } from '../trust/index.ts'

/** Bytes of an invite's secret: too many to guess, few enough to paste. */
export const INVITE_SECRET_BYTES = 16

/** What a joiner states with its proof: which workspace, by whom it was invited, who it is, and the inviter's random number. */
export interface JoinStatement {
  readonly workspace: string
  readonly inviter: string
  readonly joiner: string
  readonly nonce: Uint8Array
  readonly name: string
  readonly addresses: readonly string[]
}

const DOMAIN = 'shoal/join-proof/1'

/** The secret is the seed of a key; what proves an invite is a signature with it. */
const keyOf = (secret: Uint8Array): Device => deviceFromSeed(new Uint8Array(hkdfSync('sha256', secret, Buffer.alloc(0), 'shoal/invite-key/1', 32)))

const statement = (said: JoinStatement): Uint8Array => encode([said.workspace, said.inviter, said.joiner, said.nonce, said.name, said.addresses])

/**
 * An invite's public name: the public half of the key that its secret is the seed of. The inviter keeps only this, so neither its
 * files nor the wire hold anything one could join with.
 */
export const inviteName = (secret: Uint8Array): Uint8Array => keyOf(secret).publicKey

/** @returns 64 bytes that only who knows the secret can make, good for this statement alone */
export const proveInvite = (secret: Uint8Array, said: JoinStatement): Uint8Array => keyOf(secret).sign(DOMAIN, statement(said))

/** @param name 32 bytes @param proof 64 bytes */
export const provesInvite = (name: Uint8Array, proof: Uint8Array, said: JoinStatement): boolean => verifyBy(deviceIdOf(name), DOMAIN, statement(said), proof)
