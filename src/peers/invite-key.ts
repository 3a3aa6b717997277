import { createPrivateKey, createPublicKey, hkdfSync, sign, verify } from 'node:crypto'
import { encode } from 'cborg'

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

/** DER in front of a raw Ed25519 key: PKCS #8 for a private one (its seed), SPKI for a public one. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

const privateKey = (secret: Uint8Array) => createPrivateKey({
  key: Buffer.concat([PRIVATE_PREFIX, Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'shoal/invite-key/1', 32))]),
  format: 'der',
  type: 'pkcs8'
})

const statement = (said: JoinStatement): Uint8Array => encode([DOMAIN, said.workspace, said.inviter, said.joiner, said.nonce, said.name, said.addresses])

/**
 * An invite's public name: the public half of the key that its secret is the seed of. The inviter keeps only this, so neither its
 * files nor the wire hold anything one could join with.
 */
export function inviteName(secret: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKey(secret)).export({ format: 'der', type: 'spki' })
  return new Uint8Array(spki.subarray(PUBLIC_PREFIX.byteLength))
}

/** @returns 64 bytes that only who knows the secret can make, good for this statement alone */
export const proveInvite = (secret: Uint8Array, said: JoinStatement): Uint8Array => new Uint8Array(sign(null, statement(said), privateKey(secret)))

/** @param name 32 bytes @param proof 64 bytes */
export function provesInvite(name: Uint8Array, proof: Uint8Array, said: JoinStatement): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, name]), format: 'der', type: 'spki' })
    return verify(null, statement(said), key, proof)
  } catch {
    // Not a point of the curve: nothing was proved.
    return false
  }
}
