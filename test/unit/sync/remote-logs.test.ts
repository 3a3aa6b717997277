import { describe, expect, it } from 'vitest'
import type { Catalog, LogHead } from '../../../src/catalog/index.ts'
import type { DeviceId } from '../../../src/model/index.ts'
import { MOST_LOGS } from '../../../src/sync/limits.ts'
import { RemoteLogs } from '../../../src/sync/remote-logs.ts'
import { MAX_HEADS, type HeadRow } from '../../../src/wire/index.ts'

const hashOf = (seq: number): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(seq)

/** The part of a catalog that says where its logs stand; each test sets that. */
function logsHere(): { catalog: Catalog, has(document: string, seq: number): void } {
  const seqs = new Map<string, number>()
  const heads = (documents: readonly string[]): LogHead[] => documents.flatMap(document => {
    const seq = seqs.get(document)
    return seq === undefined ? [] : [{ document, device: 'd' as DeviceId, seq, hash: hashOf(seq) as LogHead['hash'], stands: seq }]
  })
  return { catalog: { logHeads: async (documents: readonly string[] = [...seqs.keys()]) => heads(documents) } as unknown as Catalog, has: (document, seq) => void seqs.set(document, seq) }
}

const row = (document: string, seq: number, hash = hashOf(seq)): HeadRow => [document, 'd', 0, seq, hash]

describe('where a peer\'s logs stand', () => {
  it('asks for what the peer is ahead in, once; for more when that got on', async () => {
    const { catalog, has } = logsHere()
    const logs = new RemoteLogs(catalog)
    has('same', 3)
    has('behind', 2)
    await logs.hear([row('same', 3), row('behind', 5), row('new', 1)])
    expect(await logs.nextWant()).toEqual([['behind', 'd', 0, 2, 3], ['new', 'd', 0, 0, 1]])
    has('behind', 4)
    await logs.answered(2)
    // `new` waited for something that may have come with the other.
    expect((await logs.nextWant()).map(want => want[0]).sort()).toEqual(['behind', 'new'])
    await logs.answered(0)
    expect(await logs.nextWant()).toEqual([])
    logs.retry()
    expect(await logs.nextWant()).toHaveLength(2)
  })

  it('S8: compares a log from its beginning when both hold something else at one place, each alone, to its end and once', async () => {
    const { catalog, has } = logsHere()
    const logs = new RemoteLogs(catalog)
    has('a', 2)
    await logs.hear([row('b', 2, hashOf(99)), row('a', 2, hashOf(99))])
    expect(await logs.nextWant()).toEqual([['b', 'd', 0, 0, 2]])
    // Meanwhile another peer's steps came in.
    has('b', 2)
    await logs.answered(2)
    const asked: unknown[] = []
    for (let want = await logs.nextWant(); want.length > 0; want = await logs.nextWant()) {
      asked.push(...want.map(([document, , , after]) => `${document} after ${after}`))
      // One envelope at a time, all of them known.
      await logs.answered(want[0]?.[3] === 2 ? 0 : 1)
    }
    expect(asked.toSorted()).toEqual(['a after 0', 'a after 1', 'a after 2', 'b after 0', 'b after 1', 'b after 2'])
    await logs.hear([row('a', 2, hashOf(99)), row('b', 2, hashOf(99))])
    expect(await logs.nextWant()).toEqual([])
    await logs.hear([row('a', 2, hashOf(98))])
    expect(await logs.nextWant()).toEqual([['a', 'd', 0, 2, 1_000]])
  })

  it('asks again for what was refused when who is a member changes', async () => {
    const { catalog, has } = logsHere()
    const logs = new RemoteLogs(catalog)
    await logs.hear([row('a', 2)])
    await logs.nextWant()
    logs.refused([{ document: 'a', device: 'd' as DeviceId }])
    await logs.answered(2)
    await logs.hear([row('workspace', 1)])
    expect(await logs.nextWant()).toEqual([['workspace', 'd', 0, 0, 1]])
    has('workspace', 1)
    await logs.answered(1)
    expect(await logs.nextWant()).toEqual([['a', 'd', 0, 0, 2]])
  })

  it('does not ask again for what was refused', async () => {
    const { catalog } = logsHere()
    const logs = new RemoteLogs(catalog)
    await logs.hear([row('a', 2)])
    expect(await logs.nextWant()).toHaveLength(1)
    logs.refused([{ document: 'a', device: 'd' as DeviceId }])
    await logs.answered(2)
    logs.retry()
    await logs.hear([row('a', 3)])
    expect(await logs.nextWant()).toEqual([])
  })

  it('S8: hears of any number of logs that are here; being ahead in more than a team can have breaks the protocol', async () => {
    const { catalog, has } = logsHere()
    const logs = new RemoteLogs(catalog)
    for (let part = 0; part * MAX_HEADS < 2 * MOST_LOGS; part++) {
      const heads = Array.from({ length: MAX_HEADS }, (_, i) => row(`${part}-${i}`, 1))
      for (const head of heads) has(head[0], 1)
      await logs.hear(heads)
    }
    expect(await logs.nextWant()).toEqual([])
    const hear = async (): Promise<void> => {
      for (let part = 0; part * MAX_HEADS <= MOST_LOGS; part++) await logs.hear(Array.from({ length: MAX_HEADS }, (_, i) => row(`more-${part}-${i}`, 1)))
    }
    await expect(hear()).rejects.toMatchObject({ code: 'PEER_MISBEHAVED' })
  })
})
