import * as Automerge from '@automerge/automerge'
import { deflateRawSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Catalog, LiveCatalog } from '../../../src/catalog/index.ts'
import { actorOf } from '../../../src/catalog/records.ts'
import type { WorkspaceId } from '../../../src/model/index.ts'
import { type EnvelopeDraft, signEnvelope } from '../../../src/trust/index.ts'
import { all, device, fields, found, hash, join2, send, tempFolder, version } from './world.ts'

/** An envelope of device `n`, as it should be or not. */
function forged(catalog: LiveCatalog, n: number, seen: EnvelopeDraft['seen'], changes: Partial<EnvelopeDraft> = {}): Uint8Array {
  return signEnvelope(device(n), {
    workspace: catalog.workspace, document: 'doc', epoch: 0, seq: 1, previous: new Uint8Array(32), kind: 'change', seen, at: 1, note: '[]', body: changeOf(catalog, n, doc => { doc['x'] = 1 }), ...changes
  }).bytes
}

function changeOf(catalog: Catalog, n: number, edit: (doc: Record<string, unknown>) => void, actor = actorOf(catalog.workspace, device(n).id, 0)): Uint8Array {
  return Automerge.getLastLocalChange(Automerge.change(Automerge.init<Record<string, unknown>>({ actor }), { time: 0 }, edit)) ?? new Uint8Array()
}

/** A change as Automerge packs it: type 2, the body deflated, the checksum that of the plain one. */
function deflated(change: Uint8Array): Uint8Array {
  let at = 9
  while ((change[at++] ?? 0) >= 0x80);
  const body = deflateRawSync(change.subarray(at))
  const length: number[] = []
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>>= 7) length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
  return Buffer.concat([change.subarray(0, 8), Uint8Array.of(2, ...length), body])
}

/** What a new envelope of this catalog would have seen. */
const heads = async (catalog: LiveCatalog) => (await catalog.logHeads(['workspace'])).map(head => head.hash)

describe('admission', () => {
  it('brings three devices together, in whatever order and however often envelopes come', async () => {
    const folder = await tempFolder()
    const one = await found(folder)
    const catalogs = [one, await join2(folder, one, 2), await join2(folder, one, 3)]
    await send(one, catalogs[1] as Catalog)
    const { id } = await one.create(fields('birds'), [], version())
    for (const catalog of catalogs.slice(1)) await send(one, catalog)
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), fc.nat(2), fc.infiniteStream(fc.nat(999)), fc.string({ maxLength: 5 })), { maxLength: 4 }), async steps => {
      for (const [from, to, order, tag] of steps) {
        const [source, target] = [catalogs[from] as Catalog, catalogs[to] as Catalog]
        await source.apply(id, [{ change: 'dataset.tag', add: [`t${tag}`], remove: [] }])
        const some = (await all(source)).flatMap(bytes => {
          const at = order.next().value as number
          return at % 3 === 0 ? [] : at % 3 === 1 ? [{ at, bytes }] : [{ at, bytes }, { at: 999 - at, bytes }]
        }).sort((a, b) => a.at - b.at)
        expect((await target.admit(some.map(item => item.bytes))).refused).toEqual([])
      }
    }), { numRuns: 10 })
    for (let round = 0; round < 2; round++) for (const a of catalogs) for (const b of catalogs) if (a !== b) await send(a, b)
    expect(new Set(catalogs.map(catalog => catalog.stateHash())).size).toBe(1)
  })

  it('refuses what is bad, of whatever sort, and takes honest envelopes beside it', async () => {
    const folder = await tempFolder()
    const one = await found(folder)
    await join2(folder, one, 3, 'reader')
    const two = await join2(folder, one, 2)
    await send(one, two)
    const { id } = await two.create(fields('honest'), [], version())
    const seen = await heads(one)
    const honest = await all(two)
    const other = { seq: 1, document: 'other' }
    const bad: [string, Uint8Array][] = [
      ['garbage', Uint8Array.of(1, 2, 3)],
      ['another workspace', forged(one, 2, seen, { workspace: 'elsewhere' as WorkspaceId })],
      ['a stranger', forged(one, 9, seen)],
      ['a reader', forged(one, 3, seen)],
      ['a signature of somebody else', forged(one, 2, seen).map((byte, i, bytes) => i === bytes.length - 1 ? byte ^ 1 : byte)],
      ['no Automerge change', forged(one, 1, seen, { document: 'garbage', body: Uint8Array.of(1, 2, 3, 4) })],
      ['somebody else\'s actor', forged(one, 1, seen, { document: 'actor', body: changeOf(one, 1, doc => { doc['x'] = 1 }, '00'.repeat(16)) })],
      ['a small change that stands for much text', forged(one, 1, seen, { document: 'bomb', body: deflated(changeOf(one, 1, doc => { doc['x'] = new Automerge.ImmutableString('x'.repeat(5_000_000)) })) })],
      ['a change of very many steps', forged(one, 1, seen, { document: 'list', body: changeOf(one, 1, doc => { doc['x'] = Array.from({ length: 20_000 }, () => 0) }) })],
      ['two changes', forged(one, 1, seen, { document: 'pair', body: Buffer.concat([changeOf(one, 1, doc => { doc['x'] = 1 }), changeOf(one, 1, doc => { doc['y'] = 1 })]) })],
      ['a step that follows another one', forged(one, 1, seen, { ...other, previous: hash(4) })],
      ['a publish record that is none', forged(one, 1, seen, { document: 'publish', kind: 'publish', body: Uint8Array.of(9) })],
      ['a member record outside of the workspace', forged(one, 1, seen, { document: 'member', kind: 'member' })]
    ]
    for (const [what, bytes] of bad) {
      const result = await one.admit([bytes])
      expect(result, what).toMatchObject({ admitted: 0, refused: [expect.anything()] })
      if (what.includes('stands for')) expect(result.refused[0]?.reason).toContain('characters')
    }
    const three = await join2(folder, one, 4)
    await three.admit([...bad.map(([, bytes]) => bytes), ...honest])
    expect(three.dataset(id)?.name).toBe('honest')
    expect(await one.admit([forged(one, 2, seen, { document: 'gap', seq: 5 })])).toMatchObject({ admitted: 0, refused: [] })
  }, 60_000)

  it('freezes the log of a device that signed two steps with one number', async () => {
    const folder = await tempFolder()
    const one = await found(folder)
    await join2(folder, one, 2)
    const seen = await heads(one)
    expect((await one.admit([forged(one, 2, seen)])).admitted).toBe(1)
    expect((await one.admit([forged(one, 2, seen, { at: 2 })])).refused[0]?.reason).toContain('two different steps')
    expect((await one.admit([forged(one, 2, seen, { seq: 2 })])).refused[0]?.reason).toContain('frozen')
  })
})
