import { afterAll, describe, expect, it } from 'vitest'
import { CatalogPuller } from '../../src/sync/catalog-puller.ts'
import { serveCatalog } from '../../src/sync/catalog-server.ts'
import { FrameStream } from '../../src/wire/index.ts'
import { memoryStreams } from '../support/memory-streams.ts'
import { until } from '../support/until.ts'
import type { SimNode } from '../simulation/node.ts'
import { Team } from '../simulation/team.ts'

/** A team of fifty: real catalogs and the real exchange of envelopes, over streams in memory. */

const SEED = Number(process.env['SHOAL_SEED'] ?? 1)
const NODES = 50
const CHANGES = 1_000
/** Each follows the next one, so that the graph hangs together, and so many others by chance. */
const MORE_LINKS = 1
const PATIENCE_MS = 300_000

const ends: (() => void | Promise<void>)[] = []
afterAll(async () => {
  const [team, ...followers] = ends.splice(0)
  await Promise.all(followers.map(async end => end()))
  await team?.()
}, PATIENCE_MS)

/** `node` hears from `from` for as long as the test runs. */
function follow(node: SimNode, from: SimNode): void {
  const [near, far] = memoryStreams()
  const [asking, answering] = [new FrameStream(near, { peer: from.name }), new FrameStream(far, { peer: node.name })]
  const puller = new CatalogPuller(asking, { catalog: node.catalog, admitted: () => undefined })
  const running = Promise.allSettled([
    puller.run(),
    serveCatalog(answering, { catalog: from.catalog, mayRead: document => from.catalog.mayRead(document, node.device.id), mayGoOn: () => undefined })
  ])
  ends.push(async () => {
    await asking.close()
    await running
  })
}

describe(`a team of ${NODES}, from seed ${SEED}`, () => {
  it(`S2: converges on ${CHANGES} changes made everywhere at once`, { timeout: PATIENCE_MS + 120_000 }, async () => {
    const team = await Team.gather(SEED, NODES, { forgetsBarriers: false })
    ends.push(() => team.end())
    const pick = (): SimNode => team.nodes[Math.floor(team.chance.next() * NODES)] as SimNode
    const ref = { namespace: 'team', name: 'shared' }
    await team.founder.datasets.create(ref)
    for (const [i, node] of team.nodes.entries()) {
      const others = [team.nodes[(i + 1) % NODES] as SimNode, ...Array.from({ length: MORE_LINKS }, pick)]
      for (const other of others) if (other !== node) for (const [one, from] of [[node, other], [other, node]] as const) follow(one, from)
    }
    const isSame = (): boolean => new Set(team.nodes.map(node => node.catalog.stateHash())).size === 1
    await until(isSame, PATIENCE_MS)

    const begun = performance.now()
    for (let change = 0; change < CHANGES; change++) {
      const node = team.nodes[change % NODES] as SimNode
      if (change % 100 === 7) await node.datasets.create({ namespace: 'team', name: `set-${change}` })
      else await node.datasets.edit(ref, team.chance.next() < 0.5 ? { description: `change ${change} by ${node.name}` } : { tags: [`by-${node.name}`] })
    }
    await until(isSame, PATIENCE_MS)
    console.log(`${CHANGES} changes of ${NODES} nodes are everywhere after ${((performance.now() - begun) / 1000).toFixed(1)} s`)
    const [first, ...others] = team.nodes.map(node => JSON.stringify(node.catalog.datasets()))
    expect(others.every(other => other === first)).toBe(true)
    expect(team.founder.catalog.datasets()).toHaveLength(1 + CHANGES / 100)
  })
})
