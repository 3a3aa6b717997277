import type { DatasetView } from '../catalog/index.ts'
import { isShoalError } from '../errors/index.ts'
import { type DatasetId, type Hash, type VersionId, hashToHex, sameHash } from '../model/index.ts'
import { writeCommit } from '../trees/index.ts'
import { type DatasetsDeps, needDraft, resolvedIn } from './deps.ts'
import type { Directory } from './directory.ts'
import { Locks } from './locks.ts'
import type { Resolved } from './service.ts'
import type { Standing, Standings } from './standings.ts'

/** What an edit came to. */
export interface Committed { readonly tree: Hash, readonly resolved: Resolved, readonly changed: boolean }

/** Makes one tree of another; what it puts need not be durable yet. */
export type EditTree = (tree: Hash) => Promise<Hash>

/** What a draft moves to. */
interface Decision {
  readonly tree: Hash
  readonly message: string
  readonly settles?: readonly string[]
  /** Commits to go on from, where that is not where the draft stands. */
  readonly parents?: readonly Hash[]
}

interface Waiting {
  readonly message: string
  readonly edit: EditTree
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: unknown) => void
}

/** Edits that share one commit at most: enough to make a flush a small part of each, few enough that the first does not wait long. */
const MAX_GROUP = 1000
/** Edits from elsewhere that may come between a look at the heads and a change of them, in a row. */
const MAX_ATTEMPTS = 10
/** A commit's message names its edits; characters kept of it. */
const MAX_MESSAGE = 1000

/**
 * Changes drafts. Edits of one draft run one after another; those that wait at the same time share one commit, one flush and one change of
 * the catalog, so that a thousand small writes don't take a thousand flushes. Each fails or succeeds alone.
 */
export class Drafts {
  readonly #deps: DatasetsDeps
  readonly #directory: Directory
  readonly #standings: Standings
  readonly #locks = new Locks()
  readonly #waiting = new Map<VersionId, Waiting[]>()

  constructor(deps: DatasetsDeps, directory: Directory, standings: Standings) {
    this.#deps = deps
    this.#directory = directory
    this.#standings = standings
  }

  /** Resolves when the edit is durable. @throws VERSION_PUBLISHED, VERSION_NOT_FOUND, what `edit` throws */
  commit(dataset: DatasetId, version: VersionId, message: string, edit: EditTree): Promise<Committed> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(version) ?? []
      this.#waiting.set(version, waiting)
      waiting.push({ message, edit, resolve, reject })
      void this.exclusive([version], () => this.#next(dataset, version))
    })
  }

  /** Runs `work` while nobody edits the drafts. @param signal ends the waiting @throws CANCELLED, TIMED_OUT */
  exclusive<T>(versions: readonly VersionId[], work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const [first, ...rest] = [...versions].sort()
    return first === undefined ? work() : this.#locks.run(first, () => this.exclusive(rest, work, signal), signal)
  }

  /** One commit for one decision: about conflicts, or to take such a one back. @throws VERSION_PUBLISHED, VERSION_NOT_FOUND, what `decide` throws */
  commitAlone(dataset: DatasetId, version: VersionId, decide: (resolved: Resolved, tree: Hash) => Promise<Decision>): Promise<Resolved> {
    return this.exclusive([version], async () => {
      const resolved = this.#directory.need(dataset, version)
      needDraft(resolved.dataset, resolved.version, 'a change of its files')
      const from = await this.#standings.of(resolved.version)
      return resolvedIn(await this.#move(resolved.dataset, version, from, await decide(resolved, from.tree)), version)
    })
  }

  /** Takes the edits that wait (none, when an earlier turn took them) and commits them together. Never throws: each edit hears for itself. */
  async #next(dataset: DatasetId, version: VersionId): Promise<void> {
    const waiting = this.#waiting.get(version) ?? []
    const group = waiting.splice(0, MAX_GROUP)
    if (waiting.length === 0) this.#waiting.delete(version)
    if (group.length === 0) return
    try {
      const applied: { waiting: Waiting, changed: boolean }[] = []
      const { dataset: view, version: draft } = this.#directory.need(dataset, version)
      needDraft(view, draft, 'a change of its files')
      const from = await this.#standings.of(draft)
      let tree = from.tree
      for (const waiting of group) {
        try {
          const next = await waiting.edit(tree)
          applied.push({ waiting, changed: !sameHash(next, tree) })
          tree = next
        } catch (error) {
          waiting.reject(error)
        }
      }
      const after = sameHash(tree, from.tree) ? view : await this.#move(view, draft.id, from, { tree, message: messageOf(applied) })
      const resolved = resolvedIn(after, version)
      for (const { waiting, changed } of applied) waiting.resolve({ tree, resolved, changed })
    } catch (error) {
      // A second verdict on an edit that already has one does nothing.
      for (const waiting of group) waiting.reject(error)
    }
  }

  async #move(dataset: DatasetView, version: VersionId, from: Standing, { tree, message, settles = [], ...decision }: Decision): Promise<DatasetView> {
    const { catalog, store, clock } = this.#deps
    const parents = decision.parents ?? (from.commit === undefined ? [] : [from.commit])
    const commit = await writeCommit(store, { tree, parents, by: catalog.device, at: Math.floor(clock.now()), message, ...settles.length === 0 ? {} : { settles } })
    await store.barrier()
    for (let attempt = 1; ; attempt++) {
      // Another node's edit may have followed one of the heads meanwhile: then ours stands beside it, and the next look merges them.
      const heads = this.#directory.need(dataset.id, version).version.heads
      try {
        const over = from.heads.filter(head => heads.includes(head))
        const view = await catalog.apply(dataset.id, [{ change: 'draft.commit', version, commit, over, message }])
        this.#deps.log.debug('draft moved', { dataset: dataset.id, version, commit: hashToHex(commit) })
        return view
      } catch (error) {
        if (!isShoalError(error, 'EDIT_CONFLICT') || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }
}

function messageOf(applied: readonly { readonly waiting: Waiting, readonly changed: boolean }[]): string {
  const messages = applied.filter(one => one.changed).map(one => one.waiting.message)
  const [first = ''] = messages
  const text = messages.length <= 1 ? first : `${messages.length} changes: ${messages.slice(0, MAX_MESSAGE).join('; ')}`
  // A cut may fall between the halves of a character.
  return (text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE - 1)}…` : text).toWellFormed()
}
