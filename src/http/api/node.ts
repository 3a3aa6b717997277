import { node } from '../contract.ts'
import { valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

/** What this node is and holds. */
export function nodeRoutes(services: Services): Route[] {
  return [
    valueRoute({
      method: 'get', path: '/api/v1/node', group: 'Node', summary: 'What this node is and holds',
      answers: { 200: { description: 'the node', schema: node } }
    }, async () => {
      const { id, name, version, startedAt } = services.node
      const store = await services.store.stats()
      return {
        id,
        name,
        role: services.catalog.members().find(member => member.id === id)?.role ?? 'reader',
        version,
        workspace: services.catalog.workspace,
        addresses: services.network?.addresses() ?? [],
        startedAt,
        datasets: services.catalog.datasets().length,
        store: { chunks: store.chunks, bytes: store.bytes, storedBytes: store.storedBytes }
      }
    })
  ]
}
