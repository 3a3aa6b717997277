import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningNode, scratch, shoal, shoalJson, startNode } from '../support/shoal.ts'

const EXAMPLES_DEADLINE_MS = 20_000

describe('a node with example datasets', () => {
  const place = scratch()
  let host: RunningNode
  beforeAll(async () => { host = await startNode(place.path('host'), '--no-examples') })
  afterAll(async () => {
    await host.stop()
    place.clear()
  })

  const withExamples = async (name: string): Promise<RunningNode> => {
    const node = await startNode(place.path(name))
    const deadline = Date.now() + EXAMPLES_DEADLINE_MS
    while (!existsSync(place.path(name, 'examples-made'))) {
      if (Date.now() > deadline) throw new Error('no examples within the deadline')
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    return node
  }
  const invite = async (): Promise<string> => (await shoalJson<{ invite: string }>(host.home, 'invite')).invite

  it('S1 C12: joins another workspace, which takes their place', async () => {
    const node = await withExamples('plain')
    const outcome = await shoal(node.home, ['join', await invite()])
    expect([outcome.status, outcome.stderr]).toEqual([0, ''])
    expect((await shoal(node.home, ['dataset', 'list', '--json'])).stdout).not.toContain('examples')
    await node.stop()
  })

  it('S1 C12: does not, where somebody has worked on one', async () => {
    const node = await withExamples('edited')
    await shoalJson(node.home, 'mkdir', 'examples/shapes@1.1.0:mine')
    const outcome = await shoal(node.home, ['join', await invite()])
    expect([outcome.status, outcome.stderr]).toEqual([4, expect.stringContaining('1 dataset of its own')])
    expect((await shoal(node.home, ['ls', 'examples/shapes@1.1.0:'])).stdout).toContain('mine')
    await node.stop()
  })
})
