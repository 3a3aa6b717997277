import type { Catalog } from '../catalog/index.ts'

/** Who belongs to the workspace, by the catalog as it is now; asked for every stream and every answer, so it is kept ready. */
export class Membership {
  readonly #catalog: Catalog
  readonly #ended: () => void
  #members: ReadonlySet<string> = new Set()
  #removed: ReadonlySet<string> = new Set()

  /** @param changed called when somebody came or left */
  constructor(catalog: Catalog, changed: () => void) {
    this.#catalog = catalog
    this.#read()
    this.#ended = catalog.onChange(change => {
      // Membership is in the workspace's own document; what came from others may hold some of it beside a dataset's changes.
      if (change.dataset !== undefined && change.own) return
      const before = this.#members
      this.#read()
      if (before.size !== this.#members.size || ![...before].every(member => this.#members.has(member))) changed()
    })
  }

  has(device: string): boolean { return this.#members.has(device) }

  /** Was a member, and is not any more. */
  isRemoved(device: string): boolean { return this.#removed.has(device) }

  /** All but this device. */
  get others(): readonly string[] { return [...this.#members].filter(member => member !== this.#catalog.device) }

  stop(): void {
    this.#ended()
  }

  #read(): void {
    const members = this.#catalog.members()
    this.#members = new Set(members.filter(member => !member.removed).map(member => member.id))
    this.#removed = new Set(members.filter(member => member.removed).map(member => member.id))
  }
}
