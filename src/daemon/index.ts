/** Composition root: homes, nodes made of all rooms, and what the command line needs of them. */
export { createHost } from './host.ts'
export { openNode, type Node, type NodeOptions } from './node.ts'
