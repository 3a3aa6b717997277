import * as A from '@automerge/automerge'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DatasetView } from '../../../src/catalog/index.ts'
import type { VersionId } from '../../../src/model/index.ts'
import { MAX_BODY_BYTES, readEnvelope, readPublishRecord, writeMemberRecord, writePublishRecord } from '../../../src/trust/index.ts'
import { times, within } from '../../support/times.ts'
import { changeOf, documentOf, nextStep, otherWorkspace, resigned, text } from './forge.ts'
import { type Peer, World, envelopesOf, exchange, hash, only, publishRequest } from './world.ts'

let world: World
let [a, b]: [Peer, Peer] = [] as never
let dataset: DatasetView

/** A team of two with a dataset, anew for each test of a group. */
function withTeam(): void {
  beforeEach(async () => {
    world = await World.make()
    a = await world.founder()
    b = await world.member(a, 'b')
    dataset = await world.dataset(a)
    await exchange(a, b)
  })
  afterEach(() => world.remove())
}

/** What `a` says of an envelope; nothing about the dataset may change. */
async function refusalBy(peer: Peer, bytes: Uint8Array): Promise<string> {
  const before = JSON.stringify([peer.catalog.datasets(), peer.catalog.members()])
  const { refused, admitted } = await peer.catalog.admit([bytes])
  expect(admitted).toBe(0)
  expect(JSON.stringify([peer.catalog.datasets(), peer.catalog.members()])).toBe(before)
  return refused.map(item => item.reason).join()
}

describe('envelopes that nobody should send', () => {
  withTeam()

  it('are refused by form, workspace and signature, and nothing is kept of them', async () => {
    const good = await nextStep(b, dataset.id, 'change', changeOf(await documentOf(b, dataset.id, a), doc => { doc['field/description'] = text('x') }))
    const before = a.catalog.stateHash()
    expect(await refusalBy(a, Uint8Array.of(1, 2, 3))).toContain('can not be read')
    expect(await refusalBy(a, new Uint8Array(2 * 1024 * 1024))).toContain('bytes')
    expect(await refusalBy(a, resigned(b.device, good, { workspace: otherWorkspace }))).toContain('workspace')
    expect(await refusalBy(a, resigned(b.device, good, { workspace: a.catalog.workspace }).map((byte, i, all) => i === all.length - MAX_OF_BODY(good) ? byte ^ 1 : byte))).not.toBe('')
    expect(a.catalog.stateHash()).toBe(before)
    expect((await a.catalog.admit([good])).admitted).toBe(1)
  })

  it('with any byte changed do nothing, and the true ones still arrive', async () => {
    await b.catalog.apply(dataset.id, [{ change: 'dataset.tag', add: ['x'], remove: [] }])
    await b.catalog.publish(publishRequest(dataset, only(dataset).id, '1.0.0'))
    const good = (await envelopesOf(b.catalog, [dataset.id])).filter(bytes => readEnvelope(bytes).device === b.device.id)
    const before = a.catalog.stateHash()
    const mutated: Uint8Array[] = []
    fc.assert(fc.property(fc.nat(good.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.constantFrom('flip', 'cut', 'insert'), (which, at, mask, how) => {
      const bytes = good[which] as Uint8Array
      const place = at % bytes.length
      mutated.push(how === 'flip' ? bytes.map((byte, i) => i === place ? byte ^ mask : byte) : how === 'cut' ? bytes.slice(0, place) : Uint8Array.from([...bytes.slice(0, place), mask, ...bytes.slice(place)]))
    }), { numRuns: times(300) })
    expect(await a.catalog.admit(mutated)).toMatchObject({ admitted: 0, known: 0 })
    expect(a.catalog.stateHash()).toBe(before)
    expect(await a.catalog.admit(good)).toEqual({ admitted: 2, known: 0, refused: [] })
    expect(a.catalog.stateHash()).toBe(b.catalog.stateHash())
  })

  it('of strangers are refused, and no log is begun for them', async () => {
    const stranger = { ...b, device: world.device() }
    const body = changeOf(await documentOf(b, dataset.id, a), doc => { doc['field/description'] = text('x') })
    expect(await refusalBy(a, resigned(stranger.device, await nextStep(b, dataset.id, 'change', body), { seq: 1, previous: new Uint8Array(32) }))).toBe('its author is no member')
    expect(await refusalBy(a, await nextStep(stranger, 'workspace', 'member', writeMemberRecord({ op: 'add', device: stranger.device.id, name: 's', role: 'admin', addresses: [], epoch: 0, cuts: [] })))).toBe('its author is no member')
    expect((await a.catalog.logHeads()).some(head => head.device === stranger.device.id)).toBe(false)
  })

  it('S8: of readers change nothing, and end their log', async () => {
    const r = await world.member(a, 'r', 'reader')
    await exchange(a, r)
    const body = changeOf(await documentOf(r, dataset.id, a), doc => { doc['field/description'] = text('mine') })
    const bad = await nextStep(r, dataset.id, 'change', body)
    expect(await refusalBy(a, bad)).toBe('its author is a reader')
    expect(await refusalBy(a, bad)).toContain('its log has ended')
    const add = await nextStep(r, 'workspace', 'member', writeMemberRecord({ op: 'add', device: world.device().id, name: 's', role: 'admin', addresses: [], epoch: 0, cuts: [] }))
    expect(await refusalBy(a, add)).toContain('a reader, not an admin')
    // The end of the log goes on to others, and they see it for themselves.
    await exchange(a, b)
    expect(b.catalog.stateHash()).toBe(a.catalog.stateHash())
    expect((await (await world.reopened(a)).catalog.admit([bad])).refused[0]?.reason).toContain('its log has ended')
  })

  it('in the wrong document, of the wrong epoch or behind a gap are refused or wait', async () => {
    const body = changeOf(await documentOf(b, dataset.id, a), doc => { doc['field/description'] = text('x') })
    expect(await refusalBy(a, await nextStep(b, dataset.id, 'change', body, { epoch: 3 }))).toContain('epoch')
    expect(await refusalBy(a, await nextStep(b, 'workspace', 'change', body))).toContain('wrong document')
    expect(await a.catalog.admit([await nextStep(b, dataset.id, 'change', body, { seq: 5 })])).toEqual({ admitted: 0, known: 0, refused: [] })
    expect(await a.catalog.admit([await nextStep(b, dataset.id, 'change', body, { seen: [hash(1)] })])).toEqual({ admitted: 0, known: 0, refused: [] })
    expect(await refusalBy(a, await nextStep(b, dataset.id, 'member', body))).toContain('wrong document')
  })
})

/** Bytes can't be encoded again: the change stays as it was made. */
const AS_IT_IS = 'as it is'

const MAX_OF_BODY = (bytes: Uint8Array): number => Math.min(20, bytes.length)

type Alter = (change: A.DecodedChange) => void

describe('changes that lie', () => {
  let [shared, home]: [World, Peer] = [] as never
  let base: DatasetView
  let liars = 0
  beforeAll(async () => {
    shared = await World.make(2, { threads: true })
    home = await shared.founder()
    base = await shared.dataset(home)
  })
  afterAll(() => shared.remove())

  /** Another member, each time: who lied can't go on. */
  async function liar(): Promise<Peer> {
    const peer = await shared.member(home, `liar-${liars++}`)
    return peer
  }

  const forged: [string, (doc: Record<string, unknown>) => void, (Alter | typeof AS_IT_IS)?][] = [
    ['a text that is edited letter by letter', doc => { doc['field/description'] = 'plain' }],
    ['a map inside', doc => { doc['field/description'] = { a: 1 } }],
    ['a list inside', doc => { doc['field/description'] = [1] }],
    ['a key of the prototype', doc => { doc['field/x'] = text('x') }, change => { (change.ops[0] as { key: string }).key = '__proto__' }],
    ['a key nobody knows', doc => { doc['other'] = text('x') }],
    ['a value of another type', doc => { doc['archived'] = text('yes') }],
    ['a number with a fraction', doc => { doc['created'] = 1.5 }],
    ['bytes', doc => { doc['field/name'] = Uint8Array.of(1) }, AS_IT_IS],
    ['nothing', doc => { doc['field/name'] = null }],
    ['a counter', doc => { doc['field/name'] = new A.Counter(1) }],
    ['metadata that is no JSON', doc => { doc[`version/${'a'.repeat(26)}/metadata/x`] = text('{') }],
    ['metadata with a prototype in it', doc => { doc[`version/${'a'.repeat(26)}/metadata/x`] = text('{"a":{"__proto__":1}}') }],
    ['a head that is no commit', doc => { doc[`version/${'a'.repeat(26)}/head/xyz`] = text('') }],
    ['a beginning written again', doc => { doc['created'] = 5 }],
    ['a name that goes', doc => { delete doc['field/name'] }],
    ['another actor', doc => { doc['field/description'] = text('x') }, change => { change.actor = 'ff'.repeat(16) }],
    ['a wrong number', doc => { doc['field/description'] = text('x') }, change => { change.seq = 7 }],
    ['operations counted too low', doc => { doc['field/description'] = text('x') }, change => { change.startOp = 1 }],
    ['operations counted too high', doc => { doc['field/description'] = text('x') }, change => { change.startOp += 1000 }],
    ['a time', doc => { doc['field/description'] = text('x') }, change => { change.time = 9e12 }],
    ['a message', doc => { doc['field/description'] = text('x') }, change => { change.message = 'hi' }],
    ['an overwritten operation that never was', doc => { doc['field/description'] = text('x') }, change => { (change.ops[0] as { pred: string[] }).pred = ['999@11111111111111111111111111111111'] }],
    ['an overwritten operation of another key', doc => { doc['field/description'] = text('x') }, change => { (change.ops[0] as { pred: string[] }).pred = [`1@${(change.ops[0] as { pred: string[] }).pred[0]?.split('@')[1] ?? ''}`] }],
    ['one key twice', doc => { doc['field/description'] = text('x') }, change => { change.ops.push({ ...change.ops[0] as A.DecodedChange['ops'][number] }) }],
    ['nothing at all', doc => { doc['field/description'] = text('x') }, change => { change.ops = [] }]
  ]

  it.each(forged)('are refused: %s', async (_, make, alter) => {
    const by = await liar()
    const body = changeOf(await documentOf(by, base.id, home), make, alter === AS_IT_IS ? undefined : alter ?? (() => undefined))
    expect(await refusalBy(home, await nextStep(by, base.id, 'change', body))).not.toBe('')
    // Whoever wrote it can't go on; everybody else can.
    const view = await home.catalog.apply(base.id, [{ change: 'dataset.edit', fields: { description: `still fine after ${liars}` } }])
    expect(view.description).toBe(`still fine after ${liars}`)
    await by.catalog.close()
  })

  it('of random bytes behind a right signature end their log and harm nobody', async () => {
    const bodies: ((good: Uint8Array) => Uint8Array)[] = [() => new Uint8Array(), () => new Uint8Array(MAX_BODY_BYTES)]
    const from = shared.chance
    for (let i = 0; i < times(8); i++) bodies.push(good => good.map((byte, at, all) => at === 9 + Math.floor(from.next() * (all.length - 9)) ? byte ^ (1 << Math.floor(from.next() * 8)) : byte))
    for (const alter of bodies) {
      const by = await liar()
      const good = changeOf(await documentOf(by, base.id, home), doc => { doc['field/description'] = text('x'); doc['tag/x'] = true })
      const result = await home.catalog.admit([await nextStep(by, base.id, 'change', alter(good))])
      expect(result.admitted + result.refused.length).toBeLessThanOrEqual(1)
      expect(typeof home.catalog.dataset(base.id)?.description).toBe('string')
      await by.catalog.close()
    }
    const view = await home.catalog.apply(base.id, [{ change: 'dataset.edit', fields: { description: 'still fine' } }])
    expect(view.description).toBe('still fine')
    home = await shared.reopened(home)
    expect((await home.catalog.apply(base.id, [{ change: 'dataset.tag', add: ['t'], remove: [] }])).tags).toContain('t')
  }, within(60_000))
})

describe('changes that lie in a team', () => {
  withTeam()

  it('about operations they do not follow are refused the same, whatever came first', async () => {
    const c = await world.member(a, 'c')
    await exchange(a, c)
    await exchange(a, b)
    // b overwrites a change of a that it says not to have seen: applied in one order it hides a's value, in the other it does not, and the document no longer loads.
    const doc = await documentOf(b, dataset.id, a)
    await a.catalog.apply(dataset.id, [{ change: 'dataset.edit', fields: { description: 'of a' } }])
    const theirs = A.decodeChange(readEnvelope((await envelopesOf(a.catalog, [dataset.id])).at(-1) as Uint8Array).body)
    const body = changeOf(doc, doc => { doc['field/description'] = text('x') }, change => { (change.ops[0] as { pred: string[] }).pred = [`${theirs.startOp}@${theirs.actor}`] })
    const bad = await nextStep(b, dataset.id, 'change', body)
    expect(await refusalBy(a, bad)).toContain('does not follow')
    expect(await refusalBy(c, bad)).toContain('does not follow')
    await exchange(a, c)
    expect(c.catalog.stateHash()).toBe(a.catalog.stateHash())
    expect(c.catalog.dataset(dataset.id)?.description).toBe('of a')
  })

  it('of a few bytes that stand for millions of operations are refused without unfolding them', async () => {
    const bomb = bombOf(await documentOf(b, dataset.id, a))
    expect(bomb.length).toBeLessThan(2000)
    const begun = performance.now()
    expect(await refusalBy(a, await nextStep(b, dataset.id, 'change', bomb))).toContain('operations')
    expect(performance.now() - begun).toBeLessThan(5000)
    await a.catalog.apply(dataset.id, [{ change: 'dataset.edit', fields: { description: 'still fine' } }])
  })
})

describe('publish records that lie', () => {
  withTeam()

  it('S6: are refused when they name another dataset, are no record, or seal again what their author knew to be sealed', async () => {
    const version = only(dataset).id
    await b.catalog.publish(publishRequest(dataset, version, '1.0.0'))
    await exchange(a, b)
    const published = readEnvelope((await envelopesOf(b.catalog, [dataset.id])).at(-1) as Uint8Array)
    const record = readPublishRecord(published.body)
    const known = { ...record, after: [published.hash] }
    const forgeries = [
      writePublishRecord({ ...known, dataset: 'a'.repeat(26) as never, number: '5.0.0', version: 'c'.repeat(26) as VersionId }),
      writePublishRecord({ ...known, tree: hash(66), number: '6.0.0' }),
      writePublishRecord({ ...known, tree: hash(66), version: 'c'.repeat(26) as VersionId }),
      writePublishRecord({ ...known, number: 'one' }),
      Uint8Array.of(1)
    ]
    for (const [i, body] of forgeries.entries()) {
      const c = await world.member(a, `c${i}`)
      await exchange(a, c)
      expect(await refusalBy(a, await nextStep(c, dataset.id, 'publish', body))).not.toBe('')
      // Shown as what it is, on every node that hears of it.
      expect(a.catalog.refusals(dataset.id)).toContainEqual(expect.objectContaining({ device: c.device.id, seq: 1 }))
    }
    expect(only(a.catalog.dataset(dataset.id)).published).toMatchObject({ tree: only(b.catalog.dataset(dataset.id)).published?.tree, clashes: [] })
  })

  it('L3: and changes of the document leave a published version as it is', async () => {
    const version = only(dataset).id
    await a.catalog.publish(publishRequest(dataset, version, '1.0.0'))
    await exchange(a, b)
    const sealed = only(a.catalog.dataset(dataset.id))
    const body = changeOf(await documentOf(b, dataset.id, a), doc => {
      for (const part of ['number', 'name']) doc[`version/${version}/${part}`] = text('9.9.9')
      doc[`version/${version}/head/${'ab'.repeat(32)}`] = text('mine')
      doc[`version/${version}/metadata/x`] = text('1')
      doc[`version/${version}/deleted`] = true
    })
    expect((await a.catalog.admit([await nextStep(b, dataset.id, 'change', body)])).admitted).toBe(1)
    expect(only(a.catalog.dataset(dataset.id))).toEqual({ ...sealed, updatedAt: only(a.catalog.dataset(dataset.id)).updatedAt })
  })
})

/** A change whose columns repeat one operation ten million times. */
function bombOf(doc: A.Doc<Record<string, unknown>>): Uint8Array {
  const body = changeOf(doc, doc => { doc['field/description'] = text('x') })
  // The column of actions holds one run of one: `1, set`. Here it holds a run of ten million.
  const run = leb(10_000_000)
  const content = body.subarray(9)
  const [length, lengthBytes] = readLeb(content)
  const change = content.subarray(lengthBytes, lengthBytes + length)
  const columns = findColumns(change)
  const action = columns.list.find(column => column.id === 66)
  if (action === undefined) throw new Error('no column of actions')
  const data = Buffer.concat(columns.list.map(column => column === action ? Buffer.concat([run, Buffer.from([1])]) : column.data))
  const meta = Buffer.concat([leb(columns.list.length), ...columns.list.flatMap(column => [leb(column.id), leb(column === action ? run.length + 1 : column.data.length)])])
  const inner = Buffer.concat([change.subarray(0, columns.at), meta, data])
  return new Uint8Array(Buffer.concat([body.subarray(0, 9), leb(inner.length), inner]))
}

function leb(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 64) return Buffer.from([...bytes, rest])
    bytes.push(rest % 128 + 128)
  }
}

function readLeb(bytes: Uint8Array, at = 0): [number, number] {
  let [value, factor] = [0, 1]
  for (let i = at; ; i++) {
    value += ((bytes[i] as number) & 127) * factor
    factor *= 128
    if ((bytes[i] as number) < 128) return [value, i - at + 1]
  }
}

function findColumns(change: Uint8Array): { at: number, list: { id: number, data: Uint8Array }[] } {
  let at = 0
  const whole = (): number => {
    const [value, length] = readLeb(change, at)
    at += length
    return value
  }
  const skip = (length: number): void => { at += length }
  skip(whole() * 32)
  skip(whole())
  for (let i = 0; i < 3; i++) whole()
  skip(whole())
  for (let others = whole(); others > 0; others--) skip(whole())
  const start = at
  const metas = Array.from({ length: whole() }, () => [whole(), whole()] as const)
  return { at: start, list: metas.map(([id, length]) => ({ id, data: change.subarray(at, (at += length)) })) }
}
