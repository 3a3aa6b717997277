import { describe, expect, it } from 'vitest'
import type { AdmitCall, ForeignLog } from '../../../src/catalog/document-engine.ts'
import { countOperations } from '../../../src/catalog/change-form.ts'
import { type DocumentThread, Documents } from '../../../src/catalog/documents.ts'
import { ShoalError } from '../../../src/errors/index.ts'
import { type DatasetId } from '../../../src/model/index.ts'
import { silentLog } from '../../../src/runtime/index.ts'
import { documentsHere } from '../../support/documents-here.ts'

const id = 'a'.repeat(26) as DatasetId
const [good, evil] = ['11'.repeat(16), '22'.repeat(16)]
const empty = async () => ({ changes: [] })

/** A worker in this thread that dies when it meets a poisoned step, as a real one does when memory runs out. */
function mortal(poison: (bytes: Uint8Array) => boolean): { readonly start: () => DocumentThread, readonly deaths: () => number } {
  let deaths = 0
  const start = (): DocumentThread => documentsHere((method, argument) => {
    const steps = method === 'admit' ? (argument as AdmitCall).logs.flatMap(log => log.steps) : []
    const isDeadly = steps.some(step => step.kind === 'change' && poison(step.bytes))
    if (isDeadly) deaths++
    return isDeadly
  })
  return { start, deaths: () => deaths }
}

/** Changes one writer makes one after the other. */
async function changesOf(actor: string, texts: readonly string[]): Promise<Uint8Array[]> {
  const writer = new Documents(silentLog, mortal(() => false).start)
  const made: Uint8Array[] = []
  let heads: readonly string[] = []
  for (const text of texts) {
    const result = await writer.change({ document: id, heads, actor, edits: [{ key: `tag/${text}`, value: true }] }, empty)
    heads = result.heads
    made.push(result.change?.bytes ?? Uint8Array.of())
  }
  return made
}

const logOf = (actor: string, changes: readonly Uint8Array[]): ForeignLog => ({ log: actor, actor, changes: 0, steps: changes.map(bytes => ({ kind: 'change', bytes })) })

describe('the document worker', () => {
  it('when a foreign step kills it, is started again, and only that step is refused', async () => {
    const [ours, theirs] = [await changesOf(good, ['a', 'b', 'c']), await changesOf(evil, ['x', 'poison', 'y'])]
    const { start, deaths } = mortal(bytes => Buffer.compare(bytes, theirs[1] as Uint8Array) === 0)
    const documents = new Documents(silentLog, start)
    const result = await documents.admit({ document: id, heads: [], published: [], logs: [logOf(evil, theirs), logOf(good, ours)] }, empty)
    expect(result.logs.map(({ log, taken, refused }) => [log, taken, refused?.slice(0, 24)])).toEqual([[evil, 1, 'reading it took too much'], [good, 3, undefined]])
    expect(result.view.tags).toEqual(['a', 'b', 'c', 'x'])
    expect(deaths()).toBe(2)
    const after = await documents.change({ document: id, heads: result.heads, actor: good, edits: [{ key: 'tag/d', value: true }] }, async () => ({ changes: [...ours, theirs[0] as Uint8Array] }))
    expect(after.view.tags).toEqual(['a', 'b', 'c', 'd', 'x'])
  })

  it('that dies of something else is started again for work of our own', async () => {
    const real = mortal(() => false)
    let begun = 0
    const documents = new Documents(silentLog, () => begun++ === 0 ? { call: async () => { throw new ShoalError('INTERNAL', 'gone') }, stop: async () => undefined } : real.start())
    const result = await documents.change({ document: id, heads: [], actor: good, edits: [{ key: 'tag/a', value: true }] }, empty)
    expect(result.view.tags).toEqual(['a'])
    expect(begun).toBe(2)
  })

  it('passes over a snapshot that does not lead where the record says, and says when nothing does', async () => {
    const changes = await changesOf(good, ['a', 'b'])
    const documents = new Documents(silentLog, mortal(() => false).start)
    const made = await documents.admit({ document: id, heads: [], published: [], logs: [logOf(good, changes)] }, empty)
    const snapshot = await documents.save({ document: id, heads: made.heads }, empty)
    const again = (): Documents => new Documents(silentLog, mortal(() => false).start)
    const state = (options: { readonly snapshot: boolean }) => Promise.resolve(options.snapshot ? { snapshot: snapshot.map((byte, i) => i === 20 ? byte ^ 1 : byte), changes: [] } : { changes })
    expect((await again().view({ document: id, heads: made.heads }, state)).view.tags).toEqual(['a', 'b'])
    expect((await again().view({ document: id, heads: made.heads }, async () => ({ snapshot, changes: [] }))).view.tags).toEqual(['a', 'b'])
    await expect(again().view({ document: id, heads: made.heads }, async () => ({ changes: changes.slice(0, 1) }))).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  })

  it('counts the operations of a change by its bytes', async () => {
    const [small] = await changesOf(good, ['a'])
    const writer = new Documents(silentLog, mortal(() => false).start)
    const large = await writer.change({ document: id, heads: [], actor: good, edits: Array.from({ length: 500 }, (_, i) => ({ key: `tag/t${i}`, value: true })) }, empty)
    expect(countOperations(small as Uint8Array)).toBe(1)
    // Large ones are deflated.
    expect(countOperations(large.change?.bytes as Uint8Array)).toBe(500)
    expect(large.change?.operations).toBe(500)
    for (const bytes of [Uint8Array.of(), Uint8Array.of(1, 2, 3), new Uint8Array(100), (small as Uint8Array).slice(0, 30)]) expect(countOperations(bytes)).toBeUndefined()
  })
})
