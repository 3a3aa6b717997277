import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type RunningNode, scratch, shoal, shoalJson, startNode } from '../support/shoal.ts'

interface Conflicts { items: { path: string, keptAt: string | null, ours: { by: string }, theirs: { by: string } }[] }

const place = scratch()
const [one, two] = [place.path('one'), place.path('two')]
let nodes: RunningNode[] = []

let ports: readonly number[] = []
/** On the ports of before, so that the two find each other again. */
const start = async (): Promise<void> => {
  nodes = await Promise.all([one, two].map((home, i) => startNode(home, '--no-examples', '--listen', `/ip4/127.0.0.1/tcp/${ports[i]}`)))
}

const stop = async (): Promise<void> => { for (const node of nodes.splice(0)) await node.stop() }

function folder(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(place.path(name), { recursive: true })
  for (const [path, text] of Object.entries(files)) writeFileSync(place.path(name, path), text)
  return place.path(name)
}

/** Two machines of one team, and one dataset on both. */
beforeAll(async () => {
  ports = [await freePort(), await freePort()]
  await start()
  const { invite } = await shoalJson<{ invite: string }>(one, 'invite')
  await shoalJson(two, 'join', invite)
  await shoalJson(one, 'import', folder('first', { 'a.txt': 'first', 'b.txt': 'b' }), 'vision/pets')
  await meet()
  // One holds the draft whole; to work on it and to merge, the other needs no more than it keeps by itself.
  await shoalJson(one, 'keep', 'vision/pets', 'all')
  await meet()
  await stop()
}, 120_000)
afterAll(async () => {
  await stop()
  place.clear()
})

/** Until both show the same; each waits for what it keeps. */
async function meet(): Promise<void> {
  for (let round = 0; round < 40; round++) {
    const states = await Promise.all([one, two].map(async home => {
      await shoalJson(home, 'sync', '--wait')
      return JSON.stringify((await shoalJson<{ id: string, heads: string[], published: object | null }[]>(home, 'version', 'list', 'vision/pets').catch(() => [])).map(version => [version.id, version.heads, version.published]))
    }))
    if (states[0] === states[1] && states[0] !== '[]') return
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  throw new Error('the two machines did not come to the same within 40 rounds')
}

describe('two machines that worked apart', () => {
  it('S3: list the file both changed, by shell and HTTP, and one decision settles it for both', async () => {
    await shoalJson(one, 'import', '--add', folder('of-one', { 'a.txt': 'of one' }), 'vision/pets')
    await shoalJson(two, 'import', '--add', folder('of-two', { 'a.txt': 'of two', 'c.txt': 'c' }), 'vision/pets')
    await start()
    await meet()
    const { items } = await (await fetch(`${nodes[1]?.url}/api/v1/datasets/vision/pets/versions/current/conflicts`)).json() as Conflicts
    expect(items).toMatchObject([{ path: 'a.txt' }])
    const listed = await shoal(one, ['conflicts', 'vision/pets'])
    expect(listed.stdout).toMatch(/^a\.txt\n {2}ours .*6 B, blake3:.*\n {2}theirs .*\n {2}beside {2}a \(conflict .*\)\.txt\n$/)
    expect((await shoal(one, ['publish', 'vision/pets'])).status).toBe(5)
    expect((await shoal(one, ['conflicts', 'vision/pets', 'resolve', 'a.txt'])).status).toBe(2)
    expect((await shoal(one, ['conflicts', 'vision/pets', 'resolve', 'b.txt', '--take', 'ours'])).status).toBe(3)
    const settled = await shoal(one, ['conflicts', 'vision/pets', 'resolve', 'a.txt', '--take', 'ours'])
    expect(settled).toMatchObject({ status: 0, stdout: 'settled a.txt; no conflicts left\n' })
    await meet()
    expect((await shoal(two, ['cat', 'vision/pets:a.txt'])).stdout).toBe('of one')
    expect(await shoalJson(two, 'conflicts', 'vision/pets')).toEqual([])
  }, 120_000)

  it('L3: publish one number apart: the number answers a conflict with both trees until one is renumbered', async () => {
    await stop()
    await shoalJson(one, 'publish', 'vision/pets', '--as', '2.0.0')
    await shoalJson(two, 'version', 'create', 'vision/pets', '--empty', '--number', '1.9.0')
    await shoalJson(two, 'import', place.path('of-two'), 'vision/pets@1.9.0')
    const other = await shoalJson<{ id: string, published: { tree: string } }>(two, 'publish', 'vision/pets@1.9.0', '--as', '2.0.0')
    await start()
    await meet()
    for (const home of [one, two]) {
      const refused = await shoal(home, ['ls', 'vision/pets@2.0.0'])
      expect(refused.status).toBe(5)
      expect(refused.stderr).toContain(other.published.tree)
      expect(refused.stderr.match(/blake3:[0-9a-f]{64}/g)).toHaveLength(2)
    }
    expect((await shoal(one, ['version', 'list', 'vision/pets'])).stdout).toContain('published, number in conflict')
    const changed = await fetch(`${nodes[0]?.url}/api/v1/datasets/vision/pets/versions/${other.id}`, { method: 'PATCH', body: JSON.stringify({ number: '2.0.1' }), headers: { 'content-type': 'application/json' } })
    expect(await changed.json()).toMatchObject({ number: '2.0.1', published: { sealedNumber: '2.0.0', clashes: [] } })
    await meet()
    expect((await shoal(two, ['ls', 'vision/pets@2.0.0'])).stdout).toContain('b.txt')
    expect((await shoal(two, ['ls', 'vision/pets@2.0.1'])).stdout).toContain('c.txt')
    const again = await shoal(two, ['version', 'edit', 'vision/pets@2.0.0', '--number', '3.0.0'])
    expect(again.status).toBe(4)
  }, 120_000)

  it('S9: carry a version in a file: whole, or refused with one line', async () => {
    await stop()
    await shoalJson(one, 'import', folder('late', { 'late.bin': 'x'.repeat(700_000), 'a.txt': 'late' }), 'vision/late')
    await shoalJson(one, 'publish', 'vision/late')
    const file = place.path('late.shoal')
    expect(await shoalJson(one, 'export', 'vision/late@1.0.0', file)).toMatchObject({ version: 'vision/late@1.0.0', file })
    expect((await shoal(one, ['export', 'vision/late@1.0.0', file])).status).toBe(5)
    const bytes = readFileSync(file)
    writeFileSync(place.path('short.shoal'), bytes.subarray(0, bytes.length - 100))
    writeFileSync(place.path('bad.shoal'), bytes.map((byte, i) => i === bytes.length - 5000 ? byte ^ 1 : byte))
    for (const name of ['short.shoal', 'bad.shoal']) {
      const refused = await shoal(two, ['bundle', 'import', place.path(name)])
      expect([name, refused.status, refused.stderr.split('\n').length]).toEqual([name, 1, 2])
      expect(refused.stderr).toMatch(/^error: the bundle is not whole/)
    }
    const foreign = await shoal(place.path('three'), ['bundle', 'import', file])
    expect(foreign).toMatchObject({ status: 1, stderr: expect.stringContaining('another workspace') as string })
    expect((await shoal(two, ['dataset', 'show', 'vision/late'])).status).toBe(3)
    expect(await shoalJson(two, 'bundle', 'import', file)).toMatchObject({ ref: 'vision/late@1.0.0' })
    expect((await shoal(two, ['cat', 'vision/late@1.0.0:a.txt'])).stdout).toBe('late')
    expect((await shoal(two, ['verify', 'vision/late@1.0.0'])).status).toBe(0)
  }, 120_000)
})
