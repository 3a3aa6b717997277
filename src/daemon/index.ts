/** Composition root: homes, nodes made of all rooms, and what the command line needs of them. */
import type { Node, NodeOptions } from './node.ts'

export { createHost } from './host.ts'
export type { Node, NodeOptions } from './node.ts'

/** See `openNode` in node.ts; loaded only now, because most commands talk to a node that runs already. */
export const openNode = async (options: NodeOptions): Promise<Node> => (await import('./node.ts')).openNode(options)
