import { fail } from '../../errors/index.ts'
import { type Caller, type Connection, isInProcess, isLoopback } from './caller.ts'
import { checkHost } from './host.ts'
import { checkOrigin } from './origin.ts'
import { bringsToken } from './token.ts'

/** Who may call: every request passes here before anything of it is acted on. */

export interface GuardOptions { readonly token?: string | undefined, readonly names?: readonly string[] | undefined }

/** @throws HOST_REFUSED, ORIGIN_REFUSED, TOKEN_REQUIRED */
export function admit(request: Request, connection: Connection, options: GuardOptions): Caller {
  if (isInProcess(connection)) return { kind: 'process', hasToken: true, connection }
  const host = checkHost(request, connection, options.names ?? [])
  checkOrigin(request, host)
  const hasToken = bringsToken(request, options.token)
  const kind = isLoopback(connection.incoming?.socket.remoteAddress) ? 'loopback' : 'remote'
  if (kind === 'remote' && !hasToken) fail('TOKEN_REQUIRED', 'requests from other machines need the token of this node')
  return { kind, hasToken, connection }
}

/** For routes that name paths of this machine. @throws TOKEN_REQUIRED */
export function needToken(caller: Caller): void {
  if (!caller.hasToken) fail('TOKEN_REQUIRED', 'this address names files of this machine, so it needs the token of this node')
}
