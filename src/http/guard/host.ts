import { fail } from '../../errors/index.ts'
import type { Connection } from './caller.ts'

/**
 * Checks the Host header against the names this node serves under. A web page whose own name was rebound to this machine's
 * address sends that name here, and is refused.
 */

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]']
const HTTP_PORT = 80

/** The exact Host values served on this connection. @param names further host names, each with or without a port */
function servedHosts(connection: Connection, names: readonly string[]): Set<string> {
  const socket = connection.incoming?.socket
  const port = socket?.localPort
  const own = socket?.localAddress === undefined ? [] : [hostOf(socket.localAddress)]
  const hosts = new Set<string>()
  for (const name of [...LOOPBACK_NAMES, ...own, ...names]) {
    const lower = name.toLowerCase()
    if (/:\d+$/.test(lower) && !lower.endsWith(']')) hosts.add(lower)
    else if (port !== undefined) hosts.add(`${lower}:${port}`)
    if (port === HTTP_PORT) hosts.add(lower)
  }
  return hosts
}

/** An address as it stands in a Host header. The connection's own address is safe: rebinding needs a name. */
function hostOf(address: string): string {
  const plain = address.replace(/^::ffff:/, '')
  return plain.includes(':') ? `[${plain}]` : plain
}

/** @returns the host, one of those served @throws HOST_REFUSED */
export function checkHost(request: Request, connection: Connection, names: readonly string[]): string {
  if (connection.incoming === undefined) fail('HOST_REFUSED', 'the request came over no connection; callers in this process use inProcessFetch')
  const host = request.headers.get('host')?.toLowerCase()
  if (host === undefined) fail('HOST_REFUSED', 'the request has no Host header')
  if (!servedHosts(connection, names).has(host)) fail('HOST_REFUSED', `this node does not serve under the name "${host.slice(0, 200)}"`, { host: host.slice(0, 200) })
  return host
}
