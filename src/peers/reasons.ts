/** What a person can use of a dial's failure. A peer whose gate refuses simply hangs up. */
export function reasonOf(error: unknown): string {
  const causes = error instanceof AggregateError ? error.errors.flatMap((cause: unknown) => cause instanceof AggregateError ? cause.errors as unknown[] : [cause]) : [error]
  return [...new Set(causes.map(textOf))].slice(0, 3).join('; ')
}

/** What libp2p reports when the other side hangs up during the handshake. */
const HUNG_UP: ReadonlySet<string> = new Set(['UnexpectedEOFError', 'EncryptionFailedError'])

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.message.includes('timeout')) return 'it did not answer in time'
  return HUNG_UP.has(cause.name) ? 'it hung up: it may not know this device' : cause.message
}
