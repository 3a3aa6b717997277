import { realpathSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fail, type FailureCode } from '../errors/index.ts'

/**
 * Keeps the node's own folder out of what it takes in and writes.
 * @param path absolute; needs not exist
 * @throws `code` when it is the home or lies in it, whatever links lead there
 */
export function checkOutsideHome(home: string | undefined, path: string, code: FailureCode): void {
  if (home === undefined) return
  const way = relative(realPath(home), realPath(path))
  const isInside = way !== '..' && !way.startsWith(`..${sep}`) && !/^[a-z]:/i.test(way)
  if (isInside) fail(code, `${path} lies in the home of this node (${home}), which is not for datasets`, { path, home })
}

/** With the links on the way to what exists of it resolved. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // Not there (yet), or not to be looked at: then its parent decides.
    const parent = dirname(path)
    return parent === path ? path : join(realPath(parent), basename(path))
  }
}
