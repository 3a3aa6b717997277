import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Node, type NodeOptions, openNode } from '../../src/daemon/node.ts'
import type { Network } from '../../src/sync/index.ts'

/** Whole nodes in this process, homes in a folder of their own: real stores, real catalogs, real sockets. */
export class WholeNodes {
  readonly folder: string
  readonly #open: Node[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async begin(): Promise<WholeNodes> {
    return new WholeNodes(await mkdtemp(join(tmpdir(), 'shoal-nodes-')))
  }

  path(...parts: string[]): string { return join(this.folder, ...parts) }

  /** Opens the home of that name and goes online. */
  async start(name: string, options: Pick<NodeOptions, 'announce'> = {}): Promise<Node> {
    const node = await openNode({ folder: this.path(name), doing: 'test', ...options })
    this.#open.push(node)
    await node.startNetwork()
    return node
  }

  async stop(node: Node): Promise<void> {
    this.#open.splice(this.#open.indexOf(node), 1)
    await node.close()
  }

  /** The first founds, the others join. */
  async team(names: readonly string[], role: 'admin' | 'writer' | 'reader' = 'writer'): Promise<Node[]> {
    const nodes: Node[] = []
    for (const name of names) {
      const node = await this.start(name)
      if (nodes[0] !== undefined) await networkOf(node).join((await networkOf(nodes[0]).invite({ role })).invite)
      nodes.push(node)
    }
    return nodes
  }

  async end(): Promise<void> {
    for (const node of this.#open.splice(0).toReversed()) await node.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

export const networkOf = (node: Node): Network => node.services.network
