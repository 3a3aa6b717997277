import { afterEach, describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/index.ts'
import { blake3 } from '../../../src/chunks/index.ts'
import { ShoalError } from '../../../src/errors/index.ts'
import { hashToHex } from '../../../src/model/index.ts'
import { CatalogPuller } from '../../../src/sync/catalog-puller.ts'
import { serveCatalog, type CatalogServerDeps } from '../../../src/sync/catalog-server.ts'
import { FRAME, encodeFrame, encodeMessage, headsMessage, markMessage, packEnvelopes, type FrameStream, type HeadRow } from '../../../src/wire/index.ts'
import { until } from '../../support/until.ts'
import { FakeCatalog, PROTOCOL, connectedPair } from './support.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => { await Promise.all(stops.splice(0).map(stop => stop())) })

const fine = (): void => undefined
const serving = (catalog: Catalog, options: Partial<CatalogServerDeps> = {}): CatalogServerDeps => ({ catalog, mayRead: () => true, mayGoOn: fine, ...options })

/** Follows whatever `serve` says into a fresh catalog. */
async function follow(serve: (stream: FrameStream) => Promise<void>, into = new FakeCatalog()): Promise<{ into: FakeCatalog, puller: CatalogPuller, ended: Promise<void>, asked: () => number }> {
  const pair = await connectedPair(PROTOCOL.catalog, serve)
  const stream = await pair.open()
  const puller = new CatalogPuller(stream, { catalog: into.asCatalog, admitted: fine })
  const ended = puller.run()
  ended.catch(fine)
  stops.push(pair.stop)
  return { into, puller, ended, asked: () => pair.client.traffic(pair.serverId).out }
}

const content = (catalog: FakeCatalog): string => JSON.stringify([...catalog.logs].map(([key, log]) => [key, log.length, hashToHex(blake3(Buffer.concat(log)))]).sort())
const same = (a: FakeCatalog, b: FakeCatalog): boolean => content(a) === content(b)

describe('the catalog exchange', () => {
  it('S2: brings every envelope that is missing, once, and nothing that is here', async () => {
    const from = new FakeCatalog()
    const into = new FakeCatalog()
    for (let i = 0; i < 700; i++) for (const device of ['d1', 'd2']) from.write(`doc${i}`, device, `${i}`)
    for (let i = 0; i < 1_500; i++) from.write('long', 'd1', 'x'.repeat(100))
    await into.admit((await from.envelopes('long', 'd1' as never, 0, 900)))
    const { puller } = await follow(stream => serveCatalog(stream, serving(from.asCatalog)), into)
    await puller.caughtUp()
    expect(same(from, into)).toBe(true)
    expect({ admitted: into.admitted, known: into.known }).toEqual({ admitted: 1_400 + 1_500, known: 0 })
  })

  it('S1: brings a change within 200 ms of its making', async () => {
    const from = new FakeCatalog()
    from.write('doc', 'd1', 'first')
    const { into, puller } = await follow(stream => serveCatalog(stream, serving(from.asCatalog)))
    await puller.caughtUp()
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      const begun = performance.now()
      from.write('doc', 'd1', `change ${i}`)
      await until(() => into.logs.get('doc d1')?.length === 2 + i)
      times.push(performance.now() - begun)
    }
    expect(times.sort((a, b) => a - b)[2]).toBeLessThan(200)
  })

  it('large envelopes come through in bounded answers', async () => {
    const from = new FakeCatalog()
    for (let i = 0; i < 20; i++) from.write('doc', 'd1', 'y'.repeat(900_000))
    const { into, puller } = await follow(stream => serveCatalog(stream, serving(from.asCatalog)))
    await puller.caughtUp()
    expect(same(from, into)).toBe(true)
    expect(into.calls).toBeGreaterThan(3)
  })

  it('a refused log is not asked for again; the others go on', async () => {
    const from = new FakeCatalog()
    from.write('doc', 'bad-device', 'fine')
    from.write('doc', 'bad-device', 'bad')
    from.write('doc', 'bad-device', 'fine')
    from.write('doc', 'd1', 'fine')
    const { into, puller, asked } = await follow(stream => serveCatalog(stream, serving(from.asCatalog)))
    await puller.caughtUp()
    const before = asked()
    for (let i = 0; i < 3; i++) {
      from.write('doc', 'd1', 'more')
      await puller.caughtUp()
    }
    expect(into.logs.get('doc d1')).toHaveLength(4)
    expect(into.logs.get('doc bad-device')).toHaveLength(1)
    expect(asked() - before).toBeLessThan(800)
  })

  it('documents the peer may not see are neither announced nor sent, and are once it may', async () => {
    const from = new FakeCatalog()
    let open = false
    from.write('secret', 'd1', 'x')
    from.write('public', 'd1', 'x')
    const { into, puller } = await follow(stream => serveCatalog(stream, serving(from.asCatalog, { mayRead: document => open || document !== 'secret' })))
    await puller.caughtUp()
    expect([...into.logs.keys()]).toEqual(['public d1'])
    open = true
    from.write('secret', 'd1', 'now public')
    await until(() => into.logs.get('secret d1')?.length === 2)

    const stealing = await connectedPair(PROTOCOL.catalog, stream => serveCatalog(stream, serving(from.asCatalog, { mayRead: () => false })))
    stops.push(stealing.stop)
    const stream = await stealing.open()
    const { wantLogsMessage } = await import('../../../src/wire/index.ts')
    await stream.sendMessage(FRAME.wantLogs, wantLogsMessage, { id: 1, logs: [['secret', 'd1', 0, 0, 10]] })
    expect((await stream.receive(10_000))?.type).toBe(FRAME.logsDone)
  })

  it('S8: a member that is removed while it listens hears nothing more', async () => {
    const from = new FakeCatalog()
    let member = true
    from.write('doc', 'd1', 'x')
    const mayGoOn = (): void => { if (!member) throw new ShoalError('NOT_ALLOWED', 'no member any more') }
    const { into, puller } = await follow(stream => serveCatalog(stream, serving(from.asCatalog, { mayGoOn })))
    await puller.caughtUp()
    member = false
    from.write('doc', 'd1', 'y')
    await expect(puller.caughtUp()).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    expect(into.logs.get('doc d1')).toHaveLength(1)
  })

  it('a fork is fetched as its proof, once', async () => {
    const [from, into] = [new FakeCatalog(), new FakeCatalog()]
    from.write('doc', 'd1', 'one thing')
    into.write('doc', 'd1', 'another thing')
    const { puller } = await follow(stream => serveCatalog(stream, serving(from.asCatalog)), into)
    await puller.caughtUp()
    await puller.caughtUp()
    expect(into.known).toBe(1)
  })

  it('converges through a chain of nodes, whichever end a change is made at', async () => {
    const nodes = [new FakeCatalog(), new FakeCatalog(), new FakeCatalog()]
    for (const [a, b] of [[0, 1], [1, 2], [1, 0], [2, 1]] as const) {
      await follow(stream => serveCatalog(stream, serving((nodes[a] ?? new FakeCatalog()).asCatalog)), nodes[b])
    }
    for (let i = 0; i < 10; i++) {
      nodes[0]?.write('doc', 'd0', `${i}`)
      nodes[2]?.write('doc', 'd2', `${i}`)
      nodes[1]?.write(`other${i}`, 'd1', `${i}`)
    }
    await until(() => nodes.every(node => same(node, nodes[1] ?? node) && node.logs.size === 12))
  })
})

describe('a peer that breaks the catalog protocol', () => {
  const head = (seq: number): HeadRow => ['doc', 'd1', 0, seq, new Uint8Array(32)]
  const attacks: Readonly<Record<string, (stream: FrameStream) => Promise<void>>> = {
    'sends envelopes nobody asked for': async stream => {
      for (const frame of packEnvelopes(77, [Buffer.of(1)])) await stream.send(frame)
    },
    'sends more envelopes than it was asked for': async stream => {
      await stream.sendMessage(FRAME.heads, headsMessage, { heads: [head(1)] })
      for (let frame = await stream.receive(10_000); frame !== undefined && frame.type !== FRAME.wantLogs;) frame = await stream.receive(10_000)
      for (const frame of packEnvelopes(2, [1, 2, 3].map(seq => FakeCatalog.envelope('doc', 'd1', seq, 'x')))) await stream.send(frame)
    },
    'ends an answer nobody waits for': stream => stream.sendMessage(FRAME.logsDone, markMessage, { id: 9 }),
    'speaks another protocol': stream => stream.send(encodeFrame(FRAME.chunks, Buffer.alloc(100))),
    'sends heads that are none': stream => stream.send(encodeFrame(FRAME.heads, encodeMessage(markMessage, { id: 1 })))
  }
  for (const [what, attack] of Object.entries(attacks)) {
    it(`${what}: is cut off`, async () => {
      const { ended } = await follow(async stream => {
        await attack(stream)
        await stream.receive(5_000).catch(fine)
      })
      await expect(ended).rejects.toMatchObject({ code: 'PEER_MISBEHAVED' })
    })
  }
})
