import type { DatasetView, VersionView } from '../../src/catalog/index.ts'
import { isShoalError } from '../../src/errors/index.ts'
import { ancestorsOf } from '../support/ancestors.ts'
import { type DatasetId, type DeviceId, type Hash, type VersionId, formatDatasetRef, hashFromHex, hashToHex } from '../../src/model/index.ts'
import { treeEntries } from '../../src/trees/index.ts'
import type { SimNode } from './node.ts'

/** Which steps an acknowledged one stands on: of each log of its dataset, the last. */
type Past = ReadonlyMap<string, number>

interface Content { readonly dataset: DatasetId, readonly version: VersionId, readonly past: Past, readonly what: string }
interface Publication extends Content { readonly tree: string, readonly record: string }

/** Keeps what was acknowledged to the people of a simulated team, and says afterwards what of it is missing. */
export class Ledger {
  readonly #contents = new Map<string, Content>()
  readonly #replaced = new Set<string>()
  readonly #publications: Publication[] = []
  readonly #unsaid = new Set<Content>()
  /** Devices that a membership change took rights from, or that somebody let in who lost them: what they said may count no more. */
  readonly disputed = new Set<DeviceId>()

  get size(): number { return this.#contents.size }

  /** Somebody was told that a file is kept. @param file its BLAKE3 */
  async kept(node: SimNode, dataset: DatasetId, version: VersionId, file: Hash, what: string): Promise<void> {
    this.#contents.set(hashToHex(file), { dataset, version, past: await pastOf(node, dataset), what })
  }

  /** Somebody who saw a file put another in its place, took it away, or was about to. */
  replaced(file: Hash): void {
    this.#replaced.add(hashToHex(file))
  }

  /** A draft is about to go, with all that its catalog names here: also what has not arrived yet. */
  async deleted(node: SimNode, dataset: DatasetId, version: VersionView): Promise<void> {
    for await (const entry of treeEntries(node.store, await node.datasets.tree(version))) if (entry.kind === 'file') this.replaced(entry.hash)
    const known = await pastOf(node, dataset)
    const view = node.catalog.dataset(dataset)
    // What was committed apart from a publication was acknowledged as the published version's.
    const origins = new Set([version, ...view === undefined ? [] : ancestorsOf(view, version)].map(item => item.id))
    for (const [file, item] of this.#contents) {
      if (origins.has(item.version) && [...item.past].every(([log, seq]) => (known.get(log) ?? 0) >= seq)) this.#replaced.add(file)
    }
  }

  async published(node: SimNode, dataset: DatasetId, version: VersionId): Promise<void> {
    const published = node.catalog.dataset(dataset)?.versions.find(item => item.id === version)?.published
    if (published === undefined) throw new Error('a version was published and is not')
    const { tree, record } = published
    this.#publications.push({ dataset, version, past: await pastOf(node, dataset), what: `publication by ${node.name}`, tree, record })
  }

  /** What is missing on a node that has heard of everything it may see. @param team all nodes, also those that are members no more */
  async missingAt(node: SimNode, team: readonly SimNode[], maySee: (dataset: DatasetId) => boolean): Promise<string[]> {
    const missing: string[] = []
    for (const dataset of new Set([...this.#contents.values(), ...this.#publications].map(item => item.dataset))) if (maySee(dataset)) missing.push(...await this.#missingIn(node, team, dataset))
    return missing
  }

  /** A device has forgotten what it said last: that counts only where others heard of it before it says something else instead. */
  async rewound(node: SimNode): Promise<void> {
    this.disputed.add(node.device.id)
    for (const item of [...this.#contents.values(), ...this.#publications]) {
      const known = await pastOf(node, item.dataset)
      if ([...item.past].some(([log, seq]) => log.split('.')[0] === node.device.id && (known.get(log) ?? 0) < seq)) this.#unsaid.add(item)
    }
  }

  /** Files of a dataset that somebody was told are kept. */
  filesOf(dataset: DatasetId): Hash[] {
    return [...this.#contents].flatMap(([file, item]) => item.dataset === dataset ? [hashFromHex(file)] : [])
  }

  async #missingIn(node: SimNode, team: readonly SimNode[], dataset: DatasetId): Promise<string[]> {
    const now = await pastOf(node, dataset)
    const view = node.catalog.dataset(dataset)
    const there = view === undefined ? new Set<string>() : await this.#filesOf(node, team, view)
    const records = new Set(view?.versions.flatMap(version => version.published === undefined ? [] : [`${version.published.record} ${version.published.tree}`]))
    const missing = [...this.#contents].flatMap(([file, item]) => item.dataset !== dataset || there.has(file) || this.#replaced.has(file) || this.#isUndone(node, item, now) ? [] : [item.what])
    const unpublished = this.#publications.flatMap(item => item.dataset !== dataset || records.has(`${item.record} ${item.tree}`) || this.#isUndone(node, item, now) ? [] : [item.what])
    return [...missing, ...unpublished]
  }

  /** Every file of every version, each read from the store; of a version whose tree is gone for a reason, what was acknowledged as its. */
  async #filesOf(node: SimNode, team: readonly SimNode[], dataset: DatasetView): Promise<Set<string>> {
    const files = new Set<string>()
    for (const version of dataset.versions) {
      try {
        const tree = version.published === undefined ? await node.datasets.tree(version) : hashFromHex(version.published.tree)
        for await (const entry of treeEntries(node.store, tree)) {
          if (entry.kind !== 'file') continue
          const [bytes] = await node.store.getMany([entry.hash])
          if (bytes === undefined && !await this.#wasGivenBack(entry.hash, team)) throw new Error(`${node.name} lacks the bytes of ${formatDatasetRef(dataset)}@${version.number}:${entry.path}`)
          files.add(hashToHex(entry.hash))
        }
      } catch (error) {
        if (!isShoalError(error, 'CHUNK_MISSING') || !await this.#wasGivenBack(hashFromHex(String(error.facts['hash'])), team)) throw error
        const origins = new Set([version, ...ancestorsOf(dataset, version)].map(item => item.id))
        for (const [file, item] of this.#contents) if (origins.has(item.version)) files.add(file)
      }
    }
    return files
  }

  /**
   * Whether a chunk is gone because the one machine that had it went past it, gave the space back (`SimNode.collect` checks that it needed
   * it no more), and was then told that its later steps do not count: others who heard of the step before and took no data show that one.
   */
  async #wasGivenBack(hash: Hash, team: readonly SimNode[]): Promise<boolean> {
    for (const node of team) if (this.disputed.has(node.device.id) && await node.machine.gaveBack(hash)) return true
    return false
  }

  /** Whether a step it stands on counts no more because of who may be a member. */
  #isUndone(node: SimNode, item: Content, now: Past): boolean {
    if (this.#unsaid.has(item)) return true
    const members = new Set<string>(node.catalog.members().filter(member => !member.removed).map(member => member.id))
    return [...item.past].some(([log, seq]) => {
      const device = log.split('.')[0] as DeviceId
      // Whoever is no member lost that, or was let in by somebody who had lost the right to.
      return (now.get(log) ?? 0) < seq && (this.disputed.has(device) || !members.has(device))
    })
  }
}

async function pastOf(node: SimNode, dataset: DatasetId): Promise<Past> {
  return new Map((await node.catalog.logHeads([dataset])).map(head => [head.device, head.stands]))
}
