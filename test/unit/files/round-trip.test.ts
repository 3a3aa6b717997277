import { rmSync } from 'node:fs'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventBytes } from '../../support/invented-data.ts'
import { type FilesWorld, PETS, type StoreKind, type Tree, bytesOf, filesWorld, harvest, plant } from './support.ts'

const name = fc.oneof(
  fc.constantFrom('a', 'b', 'A', 'a!', 'ä', 'a\u0308', '😀', ' ', '-', '\uffff', 'x.txt'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter(text => !/[/\\\p{Cc}\p{Cs}]/u.test(text) && !['.', '..'].includes(text))
)
const text = fc.oneof(
  fc.constant(''),
  fc.string({ maxLength: 30 }).map(value => Buffer.from(value).toString('latin1')).filter(value => !value.startsWith('x:')),
  fc.string({ maxLength: 30 }).map(value => `x:${Buffer.from(value).toString('latin1')}`),
  fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 300_000 })).map(([seed, size]) => Buffer.from(inventBytes(seed, size)).toString('latin1')).filter(value => !value.startsWith('x:'))
)

/** Trees of files and empty folders; of two that clash the first stays. */
const tree: fc.Arbitrary<Tree> = fc.array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 4 }), fc.option(text, { freq: 6 })), { maxLength: 14 }).map(items => {
  const found = new Map<string, string>()
  const taken = (path: string): boolean => [...found.keys()].some(other => {
    const there = other.replace(/\/$/, '')
    return there === path || there.startsWith(`${path}/`) || path.startsWith(`${there}/`)
  })
  for (const [parts, value] of items) {
    const path = parts.join('/')
    if (!taken(path)) found.set(value === null ? `${path}/` : path, value ?? '')
  }
  return Object.fromEntries(found)
})

/** Trees to go through, one after the other. */
const RUNS: Readonly<Record<StoreKind, number>> = { memory: 40, level: 5 }

describe.each<StoreKind>(['memory', 'level'])('from folder to folder over a %s store', kind => {
  let world: FilesWorld

  beforeAll(async () => { world = await filesWorld(kind) })
  afterAll(() => world.end())

  it('L2 K4: whatever goes into a version comes out of it, over whatever was there of it before', async () => {
    let count = 0
    await fc.assert(fc.asyncProperty(fc.array(tree, { minLength: 1, maxLength: 3 }), async trees => {
      const ref = { ...PETS, name: `round-${++count}` }
      const [source, target] = [world.path('source'), world.path('target')]
      rmSync(target, { recursive: true, force: true })
      for (const each of trees) {
        plant(source, each)
        const report = await world.files.import(source, ref)
        expect(report.notices).toEqual([])
        expect(report.files).toBe(Object.keys(each).filter(path => !path.endsWith('/')).length)
        expect(await world.held(ref)).toEqual(each)
        const out = await world.files.checkout(ref, target)
        expect(out.notices).toEqual([])
        expect(harvest(target)).toEqual(each)
        expect(await world.files.checkout(ref, target)).toMatchObject({ written: 0, removed: 0 })
      }
    }), { numRuns: RUNS[kind] })
  }, 60_000)

  it('L4: a range is a slice, wherever the chunks end', async () => {
    const bytes = inventBytes(5, 700_000)
    const ref = { ...PETS, name: 'ranges' }
    plant(world.path('source'), { file: Buffer.from(bytes).toString('latin1') })
    await world.files.import(world.path('source'), ref)
    await fc.assert(fc.asyncProperty(fc.nat(bytes.length), fc.nat(bytes.length), async (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      const read = await bytesOf((await world.files.read(ref, 'file', { from, to })).bytes)
      expect(read.equals(bytes.subarray(from, to))).toBe(true)
    }), { numRuns: 40 })
    for (const [from, to] of [[-1, 5], [5, 4], [0, bytes.length + 1], [Number.NaN, 4]] as const) {
      await expect(world.files.read(ref, 'file', { from, to })).rejects.toMatchObject({ code: 'RANGE_INVALID' })
    }
  })
})
