import { z } from 'zod'
import { FAILURES, ShoalError, toShoalError, type FailureCode } from '../errors/index.ts'
import { message } from './codec.ts'
import { MAX_DETAIL_LENGTH } from './limits.ts'

/** How one side tells the other why it stops. */
export interface FailureMessage { readonly code: string, readonly detail: string }

export const failureMessage = message<FailureMessage>('failure', z.object({
  code: z.string().min(1).max(40),
  detail: z.string().max(MAX_DETAIL_LENGTH)
}))

/** Failures whose sentence is about the exchange itself; every other sentence may name paths and the like of this machine and stays here. */
const TOLD: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'INVITE_INVALID', 'INVITE_EXPIRED', 'INVITE_USED', 'INVITE_REVOKED', 'NOT_ALLOWED', 'WORKSPACE_TAKEN', 'PEER_MISBEHAVED', 'PEER_INCOMPATIBLE', 'LIMIT_EXCEEDED', 'TIMED_OUT', 'CANCELLED'
])

/** What the other side may know of a failure on this one. */
export function toFailureMessage(error: unknown): FailureMessage {
  const failure = toShoalError(error)
  const detail = TOLD.has(failure.code) ? failure.message : FAILURES[failure.code].title
  return { code: failure.code, detail: detail.slice(0, MAX_DETAIL_LENGTH).toWellFormed() }
}

/** A failure the other side told, as one of this side; what went wrong inside it, and codes this version doesn't know, as a broken protocol. */
export function fromFailureMessage(told: FailureMessage): ShoalError {
  const known = Object.hasOwn(FAILURES, told.code)
  const code = known && told.code !== 'INTERNAL' ? told.code as FailureCode : 'PEER_MISBEHAVED'
  return new ShoalError(code, known ? `the peer says: ${told.detail}` : `the peer failed with the unknown code ${told.code}: ${told.detail}`, { told: told.code })
}

/** Whether a peer broke the protocol as this side saw it; that a peer says so, or failed by itself, is no fault of its. */
export const isFault = (error: ShoalError): boolean => error.code === 'PEER_MISBEHAVED' && error.facts['told'] === undefined
