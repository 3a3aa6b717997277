import { createHash } from 'node:crypto'
import { fail } from '../../errors/index.ts'
import { formatHash, parseHash } from '../../model/index.ts'

/** What a request says its content is: `x-blake3` and `Content-Digest` (RFC 9530). */

const CHECKED = new Set(['sha-256', 'sha-512'])

export interface Announced {
  /** `blake3:<hex>`. */
  readonly hash?: string
  /** Algorithm to digest in base64. */
  readonly digests: ReadonlyMap<string, string>
}

/** @throws FIELD_INVALID when a header can not be read, or announces nothing that can be checked */
export function readAnnounced(headers: Headers): Announced {
  const digests = new Map<string, string>()
  let hash = headers.get('x-blake3')?.trim().toLowerCase()
  const header = headers.get('content-digest')
  for (const part of header?.split(',') ?? []) {
    const [, algorithm, value] = /^\s*([a-z0-9*_.-]+)=:([A-Za-z0-9+/]+={0,2}):\s*$/.exec(part) ?? []
    if (algorithm === undefined || value === undefined) fail('FIELD_INVALID', `the Content-Digest "${part.slice(0, 100)}" is not of the form sha-256=:<base64>:`, { field: 'Content-Digest' })
    if (CHECKED.has(algorithm)) digests.set(algorithm, value)
    if (algorithm === 'blake3') hash ??= Buffer.from(value, 'base64').toString('hex')
  }
  if (header !== null && digests.size === 0 && hash === undefined) fail('FIELD_INVALID', 'of Content-Digest, only sha-256, sha-512 and blake3 can be checked here', { field: 'Content-Digest' })
  return { digests, ...hash === undefined ? {} : { hash: readHash(hash) } }
}

function readHash(text: string): string {
  const hex = text.replace(/^blake3:/, '')
  if (!/^[0-9a-f]{64}$/.test(hex)) fail('FIELD_INVALID', `"${text.slice(0, 100)}" is not a BLAKE3 hash of 64 hexadecimal digits`, { field: 'x-blake3' })
  return formatHash(parseHash(hex))
}

/** Passes bytes on and checks their digests at the end, before who reads them can know that it is the end. @throws CONTENT_MISMATCH */
export async function* checked(source: AsyncIterable<Uint8Array>, digests: Announced['digests']): AsyncGenerator<Uint8Array> {
  const running = [...digests].map(([algorithm, expected]) => ({ algorithm, expected, hash: createHash(algorithm.replace('-', '')) }))
  for await (const bytes of source) {
    for (const { hash } of running) hash.update(bytes)
    yield bytes
  }
  for (const { algorithm, expected, hash } of running) {
    if (!hash.digest().equals(Buffer.from(expected, 'base64'))) fail('CONTENT_MISMATCH', `the ${algorithm} of the content is not the one announced`, { algorithm })
  }
}
