import { type KeyObject, verify } from 'node:crypto'
import { verifyingKeyOf } from './device-id.ts'

/** What devices sign, each kind under a name of its own, so that a signature of one kind never passes as one of another. */
export type Domain = `shoal/${string}/${number}`

const SIGNATURE_BYTES = 64

/** What is signed: the domain, a zero byte, the bytes. */
export const statementOf = (domain: Domain, bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(domain, 'latin1'), Uint8Array.of(0), bytes])

/** Whether `device` signed `bytes` under `domain`. Never throws: an id that names no key signed nothing. */
export function verifyBy(device: string, domain: Domain, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = keyFor(device, signature)
  return key !== undefined && verify(null, statementOf(domain, bytes), key, signature)
}

/** As `verifyBy`, on the threads of the pool: thousands of checks leave this thread free. */
export function verifyByLater(device: string, domain: Domain, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const key = keyFor(device, signature)
  if (key === undefined) return Promise.resolve(false)
  return new Promise(resolve => verify(null, statementOf(domain, bytes), key, signature, (error, isValid) => resolve(error === null && isValid)))
}

const keyFor = (device: string, signature: Uint8Array): KeyObject | undefined => signature.length === SIGNATURE_BYTES ? verifyingKeyOf(device) : undefined
