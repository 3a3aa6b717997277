import { readFile, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { mediaTypeOf } from './files/media-type.ts'
import { PAGE_POLICY } from './guard/headers.ts'
import { rawPath } from './request.ts'

/** Serves the built page: its files by name, and index.html for the addresses the page itself routes. */

/** Files under here carry a hash of their content in their name, so they never change. One year, in seconds. */
const HASHED = '/assets/'
const FOREVER = 'public, max-age=31536000, immutable'

/** Addresses of files, not of the page: below assets, or with an extension at the top. Further down, dots belong to numbers and names. */
const FILE = /^\/assets\/|^\/[^/]+\.\w+$/

/** @param folder of the built page; where it does not exist, nothing is served */
export function openPage(folder: string): (request: Request) => Promise<Response | undefined> {
  let files: Promise<ReadonlyMap<string, string>> | undefined
  return async request => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    const path = rawPath(request.url)
    if (path.startsWith('/api/')) return undefined
    files ??= filesIn(folder)
    const known = await files
    const file = known.get(path)
    if (file !== undefined) return await fileResponse(file, path)
    const index = known.get('/index.html')
    return index === undefined || FILE.test(path) ? undefined : await fileResponse(index, '/index.html')
  }
}

/** The page's files by address. Only what was listed here can ever be served. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  return new Map(files.map(file => [`/${relative(folder, file).split(sep).join('/')}`, file]))
}

async function fileResponse(file: string, path: string): Promise<Response> {
  const type = mediaTypeOf(path)
  return new Response(await readFile(file), {
    headers: {
      'content-type': /^text\/|javascript|json$/.test(type) ? `${type}; charset=utf-8` : type,
      'content-security-policy': PAGE_POLICY,
      'cache-control': path.startsWith(HASHED) ? FOREVER : 'no-cache'
    }
  })
}
