import { createHash, timingSafeEqual } from 'node:crypto'
import { fail } from '../../errors/index.ts'

/** Checks the bearer token of a request. */

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Whether the request brings the token. Compared in constant time.
 * @throws TOKEN_REQUIRED when it brings credentials that are wrong, wherever it comes from
 */
export function bringsToken(request: Request, token: string | undefined): boolean {
  const header = request.headers.get('authorization')
  if (header === null) return false
  const given = /^Bearer +(\S+) *$/i.exec(header)?.[1]
  if (given === undefined || token === undefined || !timingSafeEqual(digest(given), digest(token))) {
    fail('TOKEN_REQUIRED', 'the token of this request is not the one of this node')
  }
  return true
}
