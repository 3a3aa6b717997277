import { decode, encode } from 'cborg'
import { z } from 'zod'
import { fail } from '../errors/index.ts'
import { MAX_MESSAGE_BYTES } from './limits.ts'

/** Deterministic CBOR: the only form that is accepted is the form an encoder makes. */
const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true
} as const

/** A kind of control message: its name for failures and what its fields must be. Fields nobody knows yet are dropped, so that later versions may add some. */
export interface Message<T> { readonly name: string, readonly schema: z.ZodType<T> }

export const message = <T>(name: string, schema: z.ZodType<T>): Message<T> => ({ name, schema })

/** @throws LIMIT_EXCEEDED when the message is larger than a peer accepts */
export function encodeMessage<T>(kind: Message<T>, value: T): Uint8Array {
  const bytes = encode(value)
  const size = bytes.byteLength
  if (size > MAX_MESSAGE_BYTES) fail('LIMIT_EXCEEDED', `a ${kind.name} message of ${size} bytes is larger than the ${MAX_MESSAGE_BYTES} a peer accepts`)
  return bytes
}

/** Reads a message of a known kind. @throws PEER_MISBEHAVED whatever the bytes are */
export function decodeMessage<T>(kind: Message<T>, bytes: Uint8Array): T {
  const size = bytes.byteLength
  if (size > MAX_MESSAGE_BYTES) fail('PEER_MISBEHAVED', `the peer sent a ${kind.name} message of ${size} bytes; ${MAX_MESSAGE_BYTES} are allowed`)
  const result = kind.schema.safeParse(decodeStrict(kind.name, bytes))
  if (result.success) return result.data
  const issue = result.error.issues[0]
  return fail('PEER_MISBEHAVED', `the peer sent a ${kind.name} message whose ${issue?.path.join('.') ?? ''} is not valid: ${issue?.message ?? ''}`.slice(0, 300))
}

function decodeStrict(name: string, bytes: Uint8Array): unknown {
  try {
    // A RangeError (nested too deep for the stack) ends here as well: the decoder holds no state.
    return decode(bytes, STRICT)
  } catch (error) {
    return fail('PEER_MISBEHAVED', `the peer sent a ${name} message that can not be read`, {}, error)
  }
}
