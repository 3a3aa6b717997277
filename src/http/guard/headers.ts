/** Headers that keep a browser from doing with an answer what it is not for. */

const COMMON: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin'
}

/** What is not a page does nothing. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'"

/** The page: only its own files, no inline scripts, never in a frame. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'"
].join('; ')

/** Files of datasets: whatever they hold runs nowhere. */
export const FILE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"

/** Adds what every answer carries; an answer's own policy stays. */
export function secure(response: Response): void {
  const { headers } = response
  for (const name of Object.keys(COMMON)) if (!headers.has(name)) headers.set(name, COMMON[name] ?? '')
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', NOTHING)
}
