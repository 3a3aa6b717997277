import { describe, expect, it } from 'vitest'
import { createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { hashToHex, type DatasetId, type Hash } from '../../../src/model/index.ts'
import { askHistory, serveHistory, type HistoryServerDeps } from '../../../src/sync/history.ts'
import { emptyTree, writeCommit } from '../../../src/trees/index.ts'
import { FRAME, FrameStream, MAX_HISTORY_BYTES, historyMessage } from '../../../src/wire/index.ts'
import { memoryStreams } from '../../support/memory-streams.ts'

const DATASET = 'd' as DatasetId

/** A store with a chain of commits, oldest first. @param text characters of each one's message */
async function chain(length: number, text = 0): Promise<{ store: ChunkStore, commits: Hash[] }> {
  const store = createMemoryStore()
  const tree = await emptyTree(store)
  const commits: Hash[] = []
  for (let at = 0; at < length; at++) commits.push(await writeCommit(store, { tree, parents: commits.slice(-1), at, message: `step ${at}`.padEnd(text) }))
  return { store, commits }
}

const serving = (store: ChunkStore, more: Partial<HistoryServerDeps> = {}): HistoryServerDeps =>
  ({ store, mayGoOn: () => undefined, mayHave: async () => undefined, pace: async () => undefined, sealed: () => new Set(), ...more })

/** Asks whoever answers. */
async function ask(answers: (stream: FrameStream) => Promise<void>, commits: readonly Hash[], limit: number): Promise<string[]> {
  const [near, far] = memoryStreams()
  const [asking, answering] = [new FrameStream(near, { peer: 'the one that answers' }), new FrameStream(far, { peer: 'the one that asks' })]
  const answered = answers(answering).catch((error: unknown) => error).finally(() => answering.close())
  try {
    return (await askHistory(asking, { dataset: DATASET, commits, limit }, AbortSignal.timeout(5_000))).map(({ hash }) => hashToHex(hash))
  } finally {
    await asking.close()
    await answered
  }
}

/** Answers as it likes, whatever was asked. */
const says = (commits: readonly Uint8Array[]) => async (stream: FrameStream): Promise<void> => {
  await stream.expect([FRAME.wantHistory], 5_000)
  await stream.sendMessage(FRAME.history, historyMessage, { commits })
  await stream.receive(5_000)
}

describe('history of drafts', () => {
  it('S3: comes many commits at once, the newest first, up to as many as asked for and to what is published', async () => {
    const { store, commits } = await chain(50)
    const newest = commits.slice(-1)
    const names = commits.map(hashToHex).toReversed()
    expect(await ask(stream => serveHistory(stream, serving(store)), newest, 1_000)).toEqual(names)
    expect(await ask(stream => serveHistory(stream, serving(store)), newest, 7)).toEqual(names.slice(0, 7))
    const long = await chain(50, 8_000)
    const { length } = await ask(stream => serveHistory(stream, serving(long.store)), long.commits.slice(-1), 1_000)
    expect(length * 8_000).toBeLessThan(MAX_HISTORY_BYTES)
    expect(length * 8_000).toBeGreaterThan(MAX_HISTORY_BYTES - 16_000)
    const sealed = new Set([names[9] ?? ''])
    expect(await ask(stream => serveHistory(stream, serving(store, { sealed: () => sealed })), newest, 1_000)).toEqual(names.slice(0, 10))
  })

  it('S1: is not told to those who may not see it, nor to a member that was removed meanwhile', async () => {
    const { store, commits } = await chain(5)
    const [old, newest] = [commits[0] as Hash, commits[4] as Hash]
    const onlyOld = async (_: string, hashes: readonly Hash[]): Promise<boolean[]> => hashes.map(hash => hash === old || hashToHex(hash) === hashToHex(old))
    expect(await ask(stream => serveHistory(stream, serving(store, { mayHave: onlyOld })), [newest], 10)).toEqual([])
    expect(await ask(stream => serveHistory(stream, serving(store, { mayHave: onlyOld })), [newest, old], 10)).toEqual([hashToHex(old)])
    const removed = serving(store, { mayGoOn: () => { throw new Error('no member any more') } })
    await expect(ask(async stream => serveHistory(stream, removed).catch(async error => { await stream.refuse(error); throw error }), [newest], 10)).rejects.toThrow()
  })

  it('S8: more than was asked for, other bytes, and what nothing asked for follows end the exchange', async () => {
    const { store, commits } = await chain(4)
    const { store: elsewhere, commits: others } = await chain(9)
    const bytes = async (from: ChunkStore, hash: Hash): Promise<Uint8Array> => (await from.getMany([hash]))[0] as Uint8Array
    const newest = commits[3] as Hash
    const right = await bytes(store, newest)
    const damaged = right.slice()
    damaged[5] = (damaged[5] ?? 0) ^ 1
    const before = await bytes(store, commits[2] as Hash)
    const stranger = await bytes(elsewhere, others[8] as Hash)
    for (const answer of [[damaged], [before], [right, stranger], [new Uint8Array(3)], [right, before, await bytes(store, commits[1] as Hash)]]) {
      await expect(ask(says(answer), [newest], 2)).rejects.toMatchObject({ code: 'PEER_MISBEHAVED' })
    }
    expect(await ask(says([right, before]), [newest], 2)).toHaveLength(2)
  })
})
