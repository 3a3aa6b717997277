import type { FileNotice } from './service.ts'

/** Notices a report holds; nobody reads more, and a million of them would not fit. */
const MAX_NOTICES = 10_000

/** What went otherwise than asked, the first of it in full and the rest counted. */
export class Notices {
  readonly #list: FileNotice[] = []
  #more = 0

  add(path: string, problem: string, detail: string): void {
    if (this.#list.length < MAX_NOTICES) this.#list.push({ path, problem, detail })
    else this.#more++
  }

  list(): FileNotice[] {
    if (this.#more === 0) return [...this.#list]
    return [...this.#list, { path: '', problem: 'more', detail: `${this.#more} more notices like these are not listed` }]
  }
}
