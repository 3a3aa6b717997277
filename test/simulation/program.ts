import type { DatasetView, VersionView } from '../../src/catalog/index.ts'
import { isShoalError } from '../../src/errors/index.ts'
import type { DatasetId, DeviceId, Hash, VersionRef } from '../../src/model/index.ts'
import { editTree, getEntry } from '../../src/trees/index.ts'
import { smallFile } from '../support/datasets-world.ts'
import { exchange } from './exchange.ts'
import { Ledger } from './ledger.ts'
import { Died } from './mortal.ts'
import type { SimNode } from './node.ts'
import type { Team } from './team.ts'

/** What the rules of the rooms above may say to anybody at any time; every other failure is a fault. */
const REFUSALS = [
  'VERSION_PUBLISHED', 'VERSION_EXISTS', 'VERSION_NOT_FOUND', 'VERSION_NOT_READY', 'VERSION_IS_DRAFT', 'VERSION_HAS_CHILDREN', 'VERSION_CONFLICT', 'DATASET_NOT_FOUND', 'DATASET_EXISTS',
  'NOT_ALLOWED', 'MEMBER_NOT_FOUND', 'CHUNK_MISSING', 'PATH_CLASH', 'FIELD_INVALID', 'VERSION_HAS_CONFLICTS', 'FILE_NOT_FOUND'
] as const

/** Ten years: what a wrong clock is off by. Milliseconds. */
const WRONG_CLOCK = 10 * 365 * 86_400_000
/** Paths that everybody edits. */
const SHARED = ['README.md', 'labels.csv', 'train/a.txt', 'train/b.txt']

interface Target { readonly dataset: DatasetView, readonly version: VersionView, readonly ref: VersionRef }
type Action = (program: Program, node: SimNode) => Promise<void>

/** Everything that happens, with how often it does. */
const ACTIONS: readonly (readonly [weight: number, name: string, action: Action])[] = [
  [30, 'put', (program, node) => program.put(node, `files/${program.nextName()}.txt`)],
  [12, 'edit', (program, node) => program.put(node, program.pick(SHARED) ?? 'x')],
  [3, 'burst', async (program, node) => { await Promise.all([0, 1, 2].map(() => program.put(node, `files/${program.nextName()}.txt`))) }],
  [3, 'remove', (program, node) => program.remove(node, program.pick(SHARED) ?? 'x')],
  [2, 'dataset', (program, node) => program.createDataset(node)],
  [4, 'version', (program, node) => program.createVersion(node)],
  [3, 'publish', (program, node) => program.publish(node)],
  [8, 'field', (program, node) => program.editField(node)],
  [2, 'settle', (program, node) => program.settle(node)],
  [1, 'renumber', (program, node) => program.renumber(node)],
  [1, 'delete', (program, node) => program.deleteDraft(node)],
  [30, 'sync', (program, node) => program.sync(node)],
  [2, 'partition', async program => program.part()],
  [1, 'clock', async (program, node) => { node.clock.set((program.next() - 0.5) * 2 * WRONG_CLOCK) }],
  [1, 'restart', (_, node) => node.restart()],
  [1, 'collect', (program, node) => program.collect(node)],
  [1, 'share', (program, node) => program.share(node)],
  [2, 'pry', (program, node) => program.pry(node)],
  [1, 'replay', (program, node) => program.replay(node)],
  [1, 'backup', async (program, node) => { if (program.isWriter(node)) await node.backUp() }],
  [0.5, 'restore', (program, node) => program.restore(node)],
  [1, 'power', (_, node) => node.crash()],
  [1, 'member', (program, node) => program.changeMembers(node)]
]
const WEIGHT = ACTIONS.reduce((sum, [weight]) => sum + weight, 0)
/** Old envelopes that are kept to be sent again, of one log, at once and in all. */
const KEPT = { log: 10, replayed: 30, all: 300 }
/** Of all datasets so many are private. */
const PRIVATE = 0.2
/** Of all actions so many are cut short by a crash. */
const CRASHES = 0.03

/** A random program of what people and machines do, played on a team. */
export class Program {
  readonly ledger = new Ledger()
  /** Private datasets, with the devices anybody let see them. */
  readonly secrets = new Map<DatasetId, Set<DeviceId>>()
  readonly #team: Team
  /** What somebody sent once, by document. */
  readonly #sent: { readonly document: string, readonly bytes: Uint8Array }[] = []
  #names = 0

  constructor(team: Team) {
    this.#team = team
  }

  next(): number { return this.#team.chance.next() }
  nextName(): string { return `f${++this.#names}` }
  pick<T>(items: readonly T[]): T | undefined { return items[Math.floor(this.next() * items.length)] }

  /** One event. @throws what no rule says */
  async step(): Promise<void> {
    const node = this.pick(this.#team.nodes) as SimNode
    node.clock.advance(this.next() * 1000)
    const crashes = this.next() < CRASHES
    if (crashes) node.life.doom = { steps: Math.floor(this.next() * 4), isDone: this.next() < 0.5 }
    await allowed(this.#chosen()(this, node))
    if (crashes) await node.crash()
  }

  #chosen(): Action {
    let at = this.next() * WEIGHT
    for (const [weight, , action] of ACTIONS) if ((at -= weight) < 0) return action
    return ACTIONS[0]?.[2] as Action
  }

  #dataset(node: SimNode): DatasetView | undefined { return this.pick(node.catalog.datasets()) }

  #version(node: SimNode, state: VersionView['state']): Target | undefined {
    const dataset = this.#dataset(node)
    const version = this.pick(dataset?.versions.filter(item => item.state === state) ?? [])
    return dataset === undefined || version === undefined ? undefined : { dataset, version, ref: { namespace: dataset.namespace, name: dataset.name, version: version.id } }
  }

  async put(node: SimNode, path: string): Promise<void> {
    const target = this.#version(node, 'draft')
    if (target === undefined) return
    // What is put before a version names it is put under a lease.
    await node.datasets.leases.during(() => this.#put(node, target, path))
  }

  async #put(node: SimNode, target: Target, path: string): Promise<void> {
    const entry = await smallFile(node.store, path, `${path} ${node.name} ${++this.#names}`)
    const { resolved } = await node.datasets.commit(target.ref, `put ${path}`, async tree => {
      await this.#replaces(node, tree, path)
      return editTree(node.store, tree, [{ op: 'put', entry }])
    })
    await this.ledger.kept(node, resolved.dataset.id, resolved.version.id, entry.hash, `${path} of ${node.name} in ${target.dataset.name}@${target.version.number} (${target.version.id.slice(0, 6)})`)
  }

  async remove(node: SimNode, path: string): Promise<void> {
    const target = this.#version(node, 'draft')
    if (target === undefined) return
    await node.datasets.commit(target.ref, `remove ${path}`, async tree => {
      await this.#replaces(node, tree, path)
      return editTree(node.store, tree, [{ op: 'remove', path }])
    })
  }

  async #replaces(node: SimNode, tree: Hash, path: string): Promise<void> {
    const before = await getEntry(node.store, tree, path)
    if (before?.kind === 'file') this.ledger.replaced(before.hash)
  }

  async createDataset(node: SimNode): Promise<void> {
    if (node.catalog.datasets().length >= 4) return
    const isPrivate = this.next() < PRIVATE
    const name = `d${Math.floor(this.next() * 1e6)}`
    try {
      await node.datasets.create({ namespace: 'sim', name, publicAccess: !isPrivate })
    } finally {
      // Whoever dies while it is created may find it all the same.
      for (const { id, publicAccess } of node.catalog.datasets().filter(dataset => dataset.name === name)) if (!publicAccess) this.secrets.set(id, new Set([node.device.id]))
    }
  }

  /** Lets one more member see a private dataset. */
  async share(node: SimNode): Promise<void> {
    const dataset = this.pick(node.catalog.datasets().filter(item => !item.publicAccess))
    const other = this.pick(this.#team.nodes)
    if (dataset === undefined || other === undefined) return
    this.secrets.get(dataset.id)?.add(other.device.id)
    await node.datasets.edit(dataset, { registry: [...new Set([...dataset.registry, other.device.id])] })
  }

  /** A member asks another for files it may not see: as part of what they are of, and of everything else it knows. */
  async pry(node: SimNode): Promise<void> {
    const other = this.pick(this.#team.nodes) as SimNode
    const asked = [...this.secrets.keys()].filter(id => other.catalog.dataset(id) !== undefined && !other.catalog.mayRead(id, node.device.id)).flatMap(id => this.ledger.filesOf(id))
    if (asked.length === 0) return
    for (const { id } of other.catalog.datasets()) {
      const given = await other.access.of(node.device.id, id, asked)
      if (given?.every(isGiven => !isGiven) !== true) throw new Error(`${other.name} gave ${node.name} files of a private dataset as such of ${id}`)
    }
  }

  /** Somebody sends again what was sent once, whatever happened since; of private datasets to those who may see them. */
  async replay(node: SimNode): Promise<void> {
    const old = this.#sent.filter(({ document }) => this.secrets.get(document as DatasetId)?.has(node.device.id) !== false)
    await node.catalog.admit(Array.from({ length: KEPT.replayed }, () => this.pick(old)).flatMap(item => item === undefined ? [] : [item.bytes]))
  }

  async #keep(from: SimNode): Promise<void> {
    const head = this.pick(await from.catalog.logHeads())
    if (head === undefined) return
    const after = Math.floor(this.next() * head.stands)
    for (const bytes of await from.catalog.envelopes(head.document, head.device, after, KEPT.log)) this.#sent.push({ document: head.document, bytes })
    while (this.#sent.length > KEPT.all) this.#sent.splice(Math.floor(this.next() * this.#sent.length), 1)
  }

  /** Gives space back while others put in what nothing names yet. */
  async collect(node: SimNode): Promise<void> {
    await this.ledger.collects(node)
    await Promise.all([node.collect(), this.put(node, `files/${this.nextName()}.txt`), this.put(node, this.pick(SHARED) ?? 'x')])
  }

  isWriter(node: SimNode): boolean {
    return node.catalog.members().find(member => member.id === node.device.id)?.role === 'writer'
  }

  /** A home comes back from a backup: what it writes before it meets anybody says something else than what it said before. */
  async restore(node: SimNode): Promise<void> {
    if (!node.hasBackup) return
    await node.restore()
    await this.ledger.rewound(node)
  }

  async createVersion(node: SimNode): Promise<void> {
    const dataset = this.#dataset(node)
    if (dataset === undefined || dataset.versions.length > 8) return
    const parents = dataset.versions.filter(version => version.state === 'published' && this.next() < 0.4).map(version => version.id)
    await node.datasets.createVersion(dataset, parents.length === 0 ? { mode: 'new' } : { mode: 'inherit', from: parents })
  }

  async publish(node: SimNode): Promise<void> {
    const target = this.#version(node, 'draft')
    if (target === undefined) return
    const { dataset, version } = await node.datasets.publish(target.ref, this.next() < 0.5 ? { as: `2.0.${Math.floor(this.next() * 6)}` } : {})
    await this.ledger.published(node, dataset.id, version.id)
  }

  async settle(node: SimNode): Promise<void> {
    const target = this.#version(node, 'draft')
    const conflict = target === undefined ? undefined : this.pick(await node.datasets.conflicts(target.ref))
    if (target === undefined || conflict === undefined) return
    const take = this.pick(['ours', 'theirs', 'both'] as const) ?? 'both'
    const given = take === 'ours' ? conflict.theirs.entry : take === 'theirs' ? conflict.ours.entry : undefined
    if (given?.kind === 'file') this.ledger.replaced(given.hash)
    await node.datasets.settle(target.ref, conflict.keptAt ?? conflict.path, take)
  }

  async renumber(node: SimNode): Promise<void> {
    const dataset = this.#dataset(node)
    const version = this.pick(dataset?.versions.filter(item => (item.published?.clashes.length ?? 0) > 0) ?? [])
    if (dataset !== undefined && version !== undefined) await node.datasets.editVersion({ ...dataset, version: version.id }, { number: `3.${Math.floor(this.next() * 5)}.0` })
  }

  async editField(node: SimNode): Promise<void> {
    const dataset = this.#dataset(node)
    if (dataset === undefined) return
    if (this.next() < 0.5) await node.datasets.edit(dataset, { description: this.nextName(), tags: [this.nextName()] })
    else await node.datasets.editVersion({ ...dataset, version: this.pick(dataset.versions)?.id ?? '' }, { description: this.nextName() })
  }

  async deleteDraft(node: SimNode): Promise<void> {
    const target = this.#version(node, 'draft')
    if (target === undefined || target.dataset.versions.length < 3) return
    await this.ledger.deleted(node, target.dataset.id, target.version)
    await node.datasets.removeVersion(target.ref)
  }

  async sync(node: SimNode): Promise<void> {
    const other = this.pick(this.#team.nodes.filter(other => other !== node && other.side === node.side))
    if (other === undefined) return
    await this.#keep(other)
    await exchange(other, node, { next: () => this.next(), loss: this.next() < 0.3 ? 0.3 : 0 })
    if (this.next() < 0.7) await node.fetchFrom(other)
  }

  part(): void {
    const sides = 1 + Math.floor(this.next() * 3)
    for (const node of this.#team.nodes) node.side = Math.floor(this.next() * sides)
  }

  async changeMembers(node: SimNode): Promise<void> {
    const other = this.pick(this.#team.nodes.slice(1))
    if (other === undefined || other === node) return
    const what = this.next()
    // Whoever loses rights may have let others in.
    if (what < 0.6) for (const member of this.#team.nodes.filter(item => item === other || node.catalog.members().find(({ id }) => id === item.device.id)?.addedBy === other.device.id)) this.ledger.disputed.add(member.device.id)
    if (what < 0.3) await node.catalog.removeMember(other.device.id)
    else if (what < 0.6) await node.catalog.setRole(other.device.id, 'reader')
    else if (what < 0.9) await node.catalog.addMember({ id: other.device.id, name: other.name, role: this.next() < 0.2 ? 'admin' : 'writer', addresses: [] })
    else if (this.#team.nodes.length < 9) await this.#team.join(node, 'writer')
  }
}

/** @throws everything but what a rule says and deaths */
async function allowed(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (error instanceof Died || REFUSALS.some(code => isShoalError(error, code))) return
    throw error
  }
}
