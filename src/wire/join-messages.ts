import { z } from 'zod'
import { message } from './codec.ts'
import { address, identifier, personName } from './hello.ts'
import { MAX_ADDRESSES } from './limits.ts'

const bytes = (count: number): z.ZodType<Uint8Array> => z.instanceof(Uint8Array).refine(value => value.byteLength === count, `not ${count} bytes`)

/** The inviter's fresh random number, so that a proof is good for one try. */
export const joinChallengeMessage = message<{ readonly nonce: Uint8Array }>('join-challenge', z.object({ nonce: bytes(32) }))

/** The joiner's answer: which invite, the proof that it knows its secret (PROTOCOL.md, "Join"), and how it is called. */
export interface JoinProof {
  /** Public name of the invite, 32 bytes. */
  readonly invite: Uint8Array
  /** 64 bytes. */
  readonly proof: Uint8Array
  readonly name: string
  readonly addresses: readonly string[]
}

export const joinProofMessage = message<JoinProof>('join-proof', z.object({
  invite: bytes(32),
  proof: bytes(64),
  name: personName,
  addresses: z.array(address).max(MAX_ADDRESSES)
}))

/** Bytes of a signed genesis at most; a real one has some hundred. */
const MAX_GENESIS_BYTES = 16 * 1024

/** The joiner is a member now. `envelopes` frames with the workspace's own document follow, then `logs-done`. */
export interface JoinWelcome {
  readonly role: string
  readonly genesis: Uint8Array
}

export const joinWelcomeMessage = message<JoinWelcome>('join-welcome', z.object({
  role: identifier,
  genesis: z.instanceof(Uint8Array).refine(value => value.byteLength > 0 && value.byteLength <= MAX_GENESIS_BYTES, 'not a genesis')
}))
