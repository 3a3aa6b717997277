import { isOwnName } from '../names-kept.ts'

/** What a file system takes for the same name. */
export interface Folding {
  /** `A` and `a`. */
  readonly case: boolean
  /** The two ways to write `ä` in Unicode. */
  readonly form: boolean
}

/** Names Windows keeps for devices, with any ending, and characters it has other uses for. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/i
const FORBIDDEN_ON_WINDOWS = /[<>:"|?*]|[. ]$/

/** What Windows can't hold of a path; undefined when nothing. */
export function windowsProblem(path: string): string | undefined {
  const name = path.split('/').find(part => RESERVED.test(part) || FORBIDDEN_ON_WINDOWS.test(part))
  return name === undefined ? undefined : `Windows can not hold a file named ${JSON.stringify(name)}`
}

/**
 * Tells which paths a folder can't hold, asked in the order of paths. Memory: the names of the folders it is in, and that only where the
 * file system folds names.
 */
export class Names {
  readonly #folding: Folding
  readonly #platform: string
  /** The folders above the path at hand: their names, and by folded name what lies in each of them. */
  readonly #above: string[] = []
  readonly #inside: Map<string, string>[] = [new Map()]

  constructor(folding: Folding, platform: string = process.platform) {
    this.#folding = folding
    this.#platform = platform
  }

  /** One sentence about why the folder can't hold a path; undefined when it can. */
  problemOf(path: string): string | undefined {
    if (isOwnName(path.split('/', 1)[0] ?? '')) return 'its name is one that Shoal keeps for itself in a checkout'
    return (this.#platform === 'win32' ? windowsProblem(path) : undefined) ?? this.#clash(path)
  }

  #clash(path: string): string | undefined {
    if (!this.#folding.case && !this.#folding.form) return undefined
    const parts = path.split('/')
    let depth = 0
    while (depth < this.#above.length && this.#above[depth] === parts[depth]) depth++
    this.#above.length = depth
    this.#inside.length = depth + 1
    for (; depth < parts.length; depth++) {
      const name = parts[depth] as string
      const inside = this.#inside[depth] as Map<string, string>
      const there = inside.get(this.#fold(name))
      if (there !== undefined && there !== name) return `this file system can not tell it from ${[...parts.slice(0, depth), there].join('/')}`
      inside.set(this.#fold(name), name)
      if (depth === parts.length - 1) break
      this.#above.push(name)
      this.#inside.push(new Map())
    }
    return undefined
  }

  #fold(name: string): string {
    const formed = this.#folding.form ? name.normalize('NFC') : name
    return this.#folding.case ? formed.toLowerCase().toUpperCase() : formed
  }
}
