import { fail } from '../../errors/index.ts'

/**
 * Refuses what pages of other origins send. Browsers state where a request comes from in Origin and Sec-Fetch-Site; other
 * programs send neither. No answer ever carries a CORS header.
 */

const SAME = new Set(['same-origin', 'none'])

/** @param host the checked Host of the request @throws ORIGIN_REFUSED */
export function checkOrigin(request: Request, host: string): void {
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  const foreign = (origin !== null && origin.toLowerCase() !== `http://${host}`) || (site !== null && !SAME.has(site))
  if (!foreign || isVisit(request, origin)) return
  fail('ORIGIN_REFUSED', `the request comes from another site${origin === null ? '' : ` (${origin.slice(0, 200)})`}`, { origin: origin?.slice(0, 200) ?? null })
}

/** Following a link on another site to this node shows its page, with no credentials in play and nothing changed. */
const isVisit = (request: Request, origin: string | null): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') && origin === null && request.headers.get('authorization') === null &&
  request.headers.get('sec-fetch-mode') === 'navigate' && request.headers.get('sec-fetch-dest') === 'document'
