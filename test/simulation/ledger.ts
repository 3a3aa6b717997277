import type { DatasetView, VersionView } from '../../src/catalog/index.ts'
import { isShoalError } from '../../src/errors/index.ts'
import { ancestorsOf } from '../support/ancestors.ts'
import { type DatasetId, type DeviceId, type Hash, type VersionId, formatDatasetRef, hashFromHex, hashToHex } from '../../src/model/index.ts'
import { treeEntries } from '../../src/trees/index.ts'
import type { SimNode } from './node.ts'

/** Which steps an acknowledged one stands on: of each log of its dataset, the last. */
type Past = ReadonlyMap<string, number>

interface Standing { readonly dataset: DatasetId, readonly past: Past }
interface Content extends Standing { readonly version: VersionId, readonly what: string }
interface Publication extends Content { readonly tree: string, readonly record: string }

/** Keeps what was acknowledged to the people of a simulated team, and says afterwards what of it is missing. */
export class Ledger {
  readonly #contents = new Map<string, Content>()
  readonly #replaced = new Set<string>()
  readonly #publications: Publication[] = []
  /** What a machine knew of a dataset when it gave space back. */
  readonly #collections: (Standing & { readonly node: SimNode })[] = []
  readonly #unsaid = new Set<Standing>()
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

  /** A machine gives back what it needs no more as far as it knows. */
  async collects(node: SimNode): Promise<void> {
    const documents = new Set((await node.catalog.logHeads()).map(head => head.document as DatasetId))
    for (const dataset of documents) this.#collections.push({ dataset, past: await pastOf(node, dataset), node })
  }

  /** What is missing on a node that has heard of everything it may see. */
  async missingAt(node: SimNode, maySee: (dataset: DatasetId) => boolean): Promise<string[]> {
    const missing: string[] = []
    for (const dataset of new Set([...this.#contents.values(), ...this.#publications].map(item => item.dataset))) if (maySee(dataset)) missing.push(...await this.#missingIn(node, dataset))
    return missing
  }

  /** A device has forgotten what it said last: that counts only where others heard of it before it says something else instead. */
  async rewound(node: SimNode): Promise<void> {
    this.disputed.add(node.device.id)
    for (const item of [...this.#contents.values(), ...this.#publications, ...this.#collections]) {
      const known = await pastOf(node, item.dataset)
      if ([...item.past].some(([log, seq]) => log.split('.')[0] === node.device.id && (known.get(log) ?? 0) < seq)) this.#unsaid.add(item)
    }
  }

  /** Files of a dataset that somebody was told are kept. */
  filesOf(dataset: DatasetId): Hash[] {
    return [...this.#contents].flatMap(([file, item]) => item.dataset === dataset ? [hashFromHex(file)] : [])
  }

  async #missingIn(node: SimNode, dataset: DatasetId): Promise<string[]> {
    const now = await pastOf(node, dataset)
    const view = node.catalog.dataset(dataset)
    const there = view === undefined ? new Set<string>() : await this.#filesOf(node, view, now)
    const records = new Set(view?.versions.flatMap(version => version.published === undefined ? [] : [`${version.published.record} ${version.published.tree}`]))
    const missing = [...this.#contents].flatMap(([file, item]) => item.dataset !== dataset || there.has(file) || this.#replaced.has(file) || this.#isUndone(node, item, now) ? [] : [item.what])
    const unpublished = this.#publications.flatMap(item => item.dataset !== dataset || records.has(`${item.record} ${item.tree}`) || this.#isUndone(node, item, now) ? [] : [item.what])
    return [...missing, ...unpublished]
  }

  /** Every file of every version, each read from the store; of a version whose tree is gone for a reason, what was acknowledged as its. */
  async #filesOf(node: SimNode, dataset: DatasetView, now: Past): Promise<Set<string>> {
    const files = new Set<string>()
    for (const version of dataset.versions) {
      try {
        const tree = version.published === undefined ? await node.datasets.tree(version) : hashFromHex(version.published.tree)
        for await (const entry of treeEntries(node.store, tree)) {
          if (entry.kind !== 'file') continue
          const [bytes] = await node.store.getMany([entry.hash])
          if (bytes === undefined && !await this.#wasGivenBack(entry.hash, node, dataset.id, now)) throw new Error(`${node.name} lacks the bytes of ${formatDatasetRef(dataset)}@${version.number}:${entry.path}`)
          files.add(hashToHex(entry.hash))
        }
      } catch (error) {
        if (!isShoalError(error, 'CHUNK_MISSING') || !await this.#wasGivenBack(hashFromHex(String(error.facts['hash'])), node, dataset.id, now)) throw error
        const origins = new Set([version, ...ancestorsOf(dataset, version)].map(item => item.id))
        for (const [file, item] of this.#contents) if (origins.has(item.version)) files.add(file)
      }
    }
    return files
  }

  /**
   * Whether a chunk is gone because the one machine that had it gave it back (`SimNode.collect` checks that it needed it no more), knowing of
   * a step that counts no more: a deletion, a publication. Others who took no data then see again what was before.
   */
  async #wasGivenBack(hash: Hash, node: SimNode, dataset: DatasetId, now: Past): Promise<boolean> {
    for (const item of this.#collections) {
      if (item.dataset === dataset && this.#isUndone(node, item, now) && await item.node.machine.gaveBack(hash)) return true
    }
    return false
  }

  /** Whether a step it stands on counts no more because of who may be a member. */
  #isUndone(node: SimNode, item: Standing, now: Past): boolean {
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
