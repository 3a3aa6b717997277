import { lookup } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import { BlockList, isIP } from 'node:net'
import { fail, isShoalError } from '../../errors/index.ts'
import { deadline } from '../../runtime/index.ts'

/** W7: fetches what links point to. A link may come from any member of the team, so it never reaches this machine itself. */

/** Until an address answers. Milliseconds. */
const ANSWER_WITHIN_MS = 30_000
/** More redirects than any honest address makes. */
const MAX_REDIRECTS = 5

/** What links may reach; tests let them reach this machine. */
export interface ReachOptions { readonly loopback?: boolean }

export interface LinkReach {
  /** The bytes behind an address, as they come. @throws LINK_REFUSED, LINK_UNREACHABLE, CANCELLED */
  read(url: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Asks the address to delete what it holds. @throws LINK_REFUSED, LINK_UNREACHABLE */
  remove(url: string, signal?: AbortSignal): Promise<void>
}

/** This machine, its links to its neighbours (where clouds keep credentials), and what is no single machine. */
const OWN = new BlockList()
for (const [net, prefix] of [['127.0.0.0', 8], ['0.0.0.0', 8], ['169.254.0.0', 16], ['224.0.0.0', 4], ['240.0.0.0', 4]] as const) OWN.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [['::1', 128], ['::', 128], ['fe80::', 10], ['ff00::', 8]] as const) OWN.addSubnet(net, prefix, 'ipv6')

function isOwn(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
  return isIP(mapped) === 0 || OWN.check(mapped, isIP(mapped) === 4 ? 'ipv4' : 'ipv6') || /^::ffff:/i.test(mapped)
}

export function createLinkReach({ loopback = false }: ReachOptions = {}): LinkReach {
  const ask = async (method: string, url: string, signal: AbortSignal | undefined): Promise<http.IncomingMessage> => {
    let at = checkAddress(url, loopback)
    for (let redirects = 0; ; redirects++) {
      const response = await send(method, at, loopback, signal)
      const status = response.statusCode ?? 0
      const next = status >= 300 && status < 400 ? response.headers.location : undefined
      if (next === undefined) {
        if (status >= 200 && status < 300) return response
        response.destroy()
        fail('LINK_UNREACHABLE', `${shownAddress(at)} answers ${status}`, { url: at.href, status })
      }
      response.destroy()
      if (redirects === MAX_REDIRECTS) fail('LINK_UNREACHABLE', `${shownAddress(at)} leads on and on`, { url })
      at = checkAddress(new URL(next, at).href, loopback)
    }
  }
  return {
    read: async (url, signal) => bytesOf(await ask('GET', url, signal), url),
    remove: async (url, signal) => { (await ask('DELETE', url, signal)).destroy() }
  }
}

/** @throws LINK_REFUSED */
function checkAddress(text: string, loopback: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : fail('LINK_REFUSED', 'the link holds no address', { url: text.slice(0, 500) })
  if (url.protocol !== 'http:' && url.protocol !== 'https:') fail('LINK_REFUSED', `${url.protocol}// addresses are not fetched`, { url: text.slice(0, 500) })
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!loopback && isIP(host) !== 0 && isOwn(host)) refuseOwn(url)
  return url
}

const refuseOwn = (url: URL): never => fail('LINK_REFUSED', `${shownAddress(url)} is this machine, or none that links may reach`, { url: url.href })
const shownAddress = (url: URL): string => `${url.origin}${url.pathname}`.slice(0, 200)

function send(method: string, url: URL, loopback: boolean, signal: AbortSignal | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const limit = deadline(ANSWER_WITHIN_MS, signal)
    // Looked up once, and what was looked up is what is connected to: a name can't change its mind in between.
    const find: typeof lookup = ((name: string, options: { all?: boolean }, done: (error: Error | null, ...found: unknown[]) => void) => {
      lookup(name, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return done(error)
        const open = loopback ? addresses : addresses.filter(({ address }) => !isOwn(address))
        const [first] = open
        if (first === undefined) return done(Object.assign(new Error('own'), { code: 'OWN_ADDRESS' }))
        if (options.all === true) done(null, open)
        else done(null, first.address, first.family)
      })
    }) as typeof lookup
    const request = (url.protocol === 'https:' ? https : http).request(url, { method, lookup: find, headers: { 'accept-encoding': 'identity', 'user-agent': 'shoal' } })
    const abort = (): void => { request.destroy(limit.reason as Error) }
    limit.addEventListener('abort', abort, { once: true })
    request.on('response', response => {
      limit.removeEventListener('abort', abort)
      signal?.addEventListener('abort', () => { response.destroy(signal.reason as Error) }, { once: true })
      resolve(response)
    })
    request.on('error', (error: Error & { code?: string }) => {
      limit.removeEventListener('abort', abort)
      try {
        if (error.code === 'OWN_ADDRESS') refuseOwn(url)
        if (isShoalError(error, 'CANCELLED')) throw error
        fail('LINK_UNREACHABLE', `${shownAddress(url)} can not be reached: ${error.message}`, { url: url.href }, error)
      } catch (failure) {
        reject(failure)
      }
    })
    request.end()
  })
}

async function* bytesOf(response: http.IncomingMessage, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Uint8Array>
  } catch (error) {
    if (isShoalError(error)) throw error
    fail('LINK_UNREACHABLE', `${url.slice(0, 200)} broke off: ${error instanceof Error ? error.message : String(error)}`, { url }, error)
  }
}
