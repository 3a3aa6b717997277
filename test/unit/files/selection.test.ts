import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { extract } from 'tar-stream'
import type { Selection } from '../../../src/files/index.ts'
import { choose, readSampleSize } from '../../../src/files/selection/sample.ts'
import { classOfPath, splitOfPath } from '../../../src/files/selection/split-names.ts'
import { checkSplits, readSplits } from '../../../src/files/selection/splits.ts'
import { type FilesWorld, PETS, bytesOf, filesWorld, harvest } from './support.ts'

const list = async function* (paths: readonly string[]): AsyncGenerator<string> {
  yield* paths
}

describe('splits', () => {
  it.each([
    ['train/cats/1.jpg', 'train'], ['images/validation/1.jpg', 'val'], ['data/Dev/x', 'val'], ['testing/a', 'test'], ['train.csv', 'train'], ['test-00000-of-00002.parquet', 'test'],
    ['data/valid_1.json', 'val'], ['training', undefined], ['trains/a.jpg', undefined], ['testament.txt', undefined], ['cats/1.jpg', undefined], ['README.md', undefined]
  ])('K4: %s is of the split %s by its name', (path, split) => {
    expect(splitOfPath(path)).toBe(split)
  })

  it.each([['train/cats/1.jpg', 'cats'], ['cats/1.jpg', 'cats'], ['images/train/dogs/big/1.jpg', 'big'], ['images/1.jpg', undefined], ['train/1.jpg', undefined], ['1.jpg', undefined]])('K4: %s is of the class %s', (path, name) => {
    expect(classOfPath(path)).toBe(name)
  })

  it('K4: ratios assign about their share of the files, the same ones each time, and new files move none', () => {
    const splits = readSplits('{"ratios": {"train": 0.8, "val": 0.1, "test": 0.1}, "seed": 3}')
    const paths = Array.from({ length: 5000 }, (_, i) => `images/${i}.jpg`)
    const names = paths.map(path => splits.of(path))
    expect(new Set(names)).toEqual(new Set(['test', 'train', 'val']))
    expect(Math.abs(names.filter(name => name === 'train').length - 4000)).toBeLessThan(150)
    expect(paths.map(readSplits('{"seed": 3, "ratios": {"train": 0.8, "val": 0.1, "test": 0.1}}').of)).toEqual(paths.map(splits.of))
    expect(paths.map(readSplits('{"seed": 4, "ratios": {"train": 0.8, "val": 0.1, "test": 0.1}}').of)).not.toEqual(paths.map(splits.of))
  })

  it('K4: a list names files and folders; the nearest folder counts', () => {
    const splits = readSplits('{"files": {"train": ["a", "b/2.txt"], "validation": ["a/x/"]}}')
    expect(['a/1', 'a/x/1', 'a/x', 'b/2.txt', 'b/1.txt', 'ab'].map(splits.of)).toEqual(['train', 'val', 'val', 'train', undefined, undefined])
  })

  it.each([
    [[]], [{}], [{ ratios: {} }], [{ ratios: { train: 2 } }], [{ ratios: { train: 0.6, test: 0.6 } }], [{ ratios: { train: 'x' } }], [{ ratios: { 'a b': 0.5 } }], [{ ratios: { train: 1 }, seed: 0.5 }], [{ files: { train: [1] } }], [{ files: {} }]
  ])('K4: %j is refused with what would be right', value => {
    expect(() => checkSplits(value)).toThrow(expect.objectContaining({ code: 'FIELD_INVALID' }))
  })
})

describe('samples', () => {
  it.each([['100', { count: 100 }], ['5%', { share: 0.05 }], ['0.25', { share: 0.25 }], ['100%', { share: 1 }], ['0', undefined], ['-1', undefined], ['101%', undefined], ['x', undefined], ['1.5', undefined]])('K4: "%s" means %j', (text, size) => {
    expect(readSampleSize(text)).toEqual(size)
  })

  it('K4: a sample has the size asked for, from each class in proportion, the same with the same seed', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 100 }), fc.integer(), async (classes, count, seed) => {
      const paths = classes.flatMap((files, i) => Array.from({ length: files }, (_, n) => `train/class-${i}/${n}.jpg`))
      const chosen = paths.filter(await choose(list(paths), { count }, seed))
      expect(chosen.length).toBe(Math.min(count, paths.length))
      classes.forEach((files, i) => {
        const share = files * Math.min(count, paths.length) / paths.length
        const got = chosen.filter(path => path.startsWith(`train/class-${i}/`)).length
        expect(Math.abs(got - share)).toBeLessThanOrEqual(1)
      })
      expect(paths.filter(await choose(list(paths.toReversed()), { count }, seed))).toEqual(chosen)
    }), { numRuns: 60 })
  })
})

describe('parts of a version', () => {
  let world: FilesWorld
  beforeEach(async () => {
    world = await filesWorld()
    await world.datasets.create({ namespace: 'vision', name: 'pets', description: 'of the town' })
    const files = Object.fromEntries(['train', 'val'].flatMap(split => ['cats', 'dogs'].flatMap(name => Array.from({ length: 10 }, (_, i) => [`${split}/${name}/${i}.txt`, `${split} ${name} ${i}`]))))
    await world.put(PETS, { ...files, 'README.md': '# Pets', 'other/notes.txt': 'x' })
    await world.files.edit(PETS, [{ op: 'link', path: 'train/cats/far.txt', url: 'https://example.org/far.txt' }])
  })
  afterEach(() => world.end())

  const archived = async (selection: Selection): Promise<Record<string, string>> => {
    const found: Record<string, string> = {}
    const unpack = extract()
    const sent = pipeline(Readable.from(world.files.archive(PETS, 'tar', selection), { objectMode: false }), unpack as unknown as NodeJS.WritableStream)
    sent.catch(() => undefined) // Told by the loop, or below.
    for await (const entry of unpack as AsyncIterable<AsyncIterable<Uint8Array> & { header: { name: string } }>) found[entry.header.name] = (await bytesOf(entry)).toString()
    await sent
    return found
  }

  it('K4: an archive and a checkout of splits and of a sample hold the same files', async () => {
    for (const selection of [{ split: ['train'] }, { split: ['valid', 'train'], sample: '25%', seed: 7 }, { sample: '6' }, { prefix: 'val', sample: '2' }] satisfies Selection[]) {
      const { '.shoal-links.ndjson': _, ...held } = await archived(selection)
      await world.files.checkout(PETS, world.path('out'), selection)
      const stripped = 'prefix' in selection ? Object.fromEntries(Object.entries(held).map(([path, text]) => [path.slice(4), text])) : held
      const there = harvest(world.path('out'))
      expect([stripped, held]).toContainEqual(there)
      expect(Object.keys(held).length).toBeGreaterThan(1)
    }
    expect(Object.keys(await archived({ split: ['train'] })).every(path => path.startsWith('train/') || path.startsWith('.shoal-links'))).toBe(true)
    const balanced = Object.keys(harvest(world.path('out')))
    expect(balanced.filter(path => path.includes('cats')).length).toBe(1)
  })

  it('K4: the metadata alone has the fields, the list of all files and what describes them', async () => {
    const held = await archived({ metadataOnly: true })
    expect(Object.keys(held)).toEqual(['README.md', 'shoal-files.ndjson', 'shoal-metadata.json'])
    expect(JSON.parse(held['shoal-metadata.json'] ?? '')).toMatchObject({ dataset: { name: 'pets', description: 'of the town', license: 'MIT' }, version: { number: '1.0.0' } })
    const lines = (held['shoal-files.ndjson'] ?? '').trim().split('\n').map(line => JSON.parse(line) as { path: string, url?: string })
    expect(lines).toHaveLength(43)
    expect(lines.find(line => line.path === 'train/cats/far.txt')).toEqual({ path: 'train/cats/far.txt', url: 'https://example.org/far.txt' })
    await world.files.checkout(PETS, world.path('out'), { metadataOnly: true })
    expect(Object.keys(harvest(world.path('out'))).sort()).toEqual(Object.keys(held).sort())
  })

  it('K4: a split that is not there, a sample that is none, and metadata with a sample are refused with what would be right', async () => {
    await expect(archived({ split: ['test'] })).rejects.toMatchObject({ code: 'FIELD_INVALID', message: expect.stringContaining('it has train, val') as string })
    await expect(archived({ sample: 'many' })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    await expect(archived({ sample: '5', metadataOnly: true })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    await world.put(PETS, { 'splits.json': '{"ratios": 1}' })
    await expect(archived({ split: ['train'] })).rejects.toMatchObject({ code: 'FIELD_INVALID', message: expect.stringContaining('splits.json') as string })
  })
})
