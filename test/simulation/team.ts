import { mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWorkspace, joinWorkspace } from '../../src/catalog/index.ts'
import { seededChance } from '../../src/runtime/index.ts'
import { deviceFromSeed } from '../../src/trust/index.ts'
import { exchange } from './exchange.ts'
import { SimNode } from './node.ts'

/** Where flushes cost nothing: what is durable is decided by `Machine`, and kills of real processes are tested elsewhere. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Nodes of one workspace on one simulated network. */
export class Team {
  readonly chance: ReturnType<typeof seededChance>
  readonly nodes: SimNode[] = []
  readonly #folder: string
  readonly #forgetsBarriers: boolean

  private constructor(folder: string, seed: number, forgetsBarriers: boolean) {
    this.#folder = folder
    this.chance = seededChance(seed)
    this.#forgetsBarriers = forgetsBarriers
  }

  /** @param size nodes at the beginning @param options.forgetsBarriers see `Machine` */
  static async gather(seed: number, size: number, options: { readonly forgetsBarriers: boolean }): Promise<Team> {
    const team = new Team(await mkdtemp(join(FOLDER, 'shoal-simulation-')), seed, options.forgetsBarriers)
    const founder = team.#node('n0')
    founder.begin(await createWorkspace({ ...founder.options, name: 'n0' }))
    team.nodes.push(founder)
    while (team.nodes.length < size) await team.join(founder, team.nodes.length === 1 ? 'admin' : 'writer')
    return team
  }

  get founder(): SimNode { return this.nodes[0] as SimNode }

  async join(by: SimNode, role: 'admin' | 'writer' | 'reader'): Promise<SimNode> {
    const node = this.#node(`n${this.nodes.length}`)
    await by.catalog.addMember({ id: node.device.id, name: node.name, role, addresses: [] })
    node.begin(await joinWorkspace({ ...node.options, genesis: await by.catalog.genesis() }))
    await exchange(by, node, { next: this.chance.next, loss: 0 })
    this.nodes.push(node)
    return node
  }

  #node(name: string): SimNode {
    return new SimNode(this.#folder, name, deviceFromSeed(this.chance.bytes(32)), this.chance, { forgetsBarriers: this.#forgetsBarriers })
  }

  /** Nodes that are members as the founder sees it. */
  members(): readonly SimNode[] {
    const ids = new Set(this.founder.catalog.members().filter(member => !member.removed).map(member => member.id))
    return this.nodes.filter(node => ids.has(node.device.id))
  }

  /** All partitions end, nothing is lost any more: members speak with each other until nobody has news. */
  async heal(): Promise<void> {
    const calm = { next: this.chance.next, loss: 0 }
    for (let round = 0, before = ''; ; round++) {
      for (const one of this.nodes) for (const other of this.nodes) if (one !== other) await exchange(one, other, calm)
      const now = this.nodes.map(node => node.catalog.stateHash()).join()
      if (now === before || round > this.nodes.length + 3) break
      before = now
    }
    for (let round = 0; round < 2; round++) {
      // Also from those who are members no more: what they held was acknowledged to them before.
      for (const one of this.members()) for (const other of this.nodes) if (one !== other) await one.fetchFrom(other)
    }
  }

  async end(): Promise<void> {
    for (const node of this.nodes) await node.catalog.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
