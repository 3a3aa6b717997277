import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { crc32, inflateSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { createExamples, exampleSources, type ExampleFile } from '../../../src/daemon/examples/index.ts'
import { openNode } from '../../../src/daemon/index.ts'
import { readLicence, readMaskLabels } from '../../../src/model/index.ts'
import { fakeServices } from '../../support/fake-services/index.ts'

const scratch = mkdtempSync(join(tmpdir(), 'shoal-examples-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const filesOf = async (name: string, version = 0): Promise<Map<string, Uint8Array>> => {
  const source = exampleSources().find(source => source.fields.name === name)
  const files = new Map<string, Uint8Array>()
  for await (const { path, bytes } of source?.versions[version]?.files() ?? ([] as unknown as AsyncIterable<ExampleFile>)) files.set(path, bytes)
  return files
}

interface Annotations {
  readonly images: readonly { readonly id: number, readonly file_name: string }[]
  readonly categories: readonly { readonly id: number, readonly name: string }[]
  readonly annotations: readonly { readonly image_id: number, readonly category_id: number, readonly bbox: readonly number[], readonly area: number }[]
}

/** Pixels of a picture as written by the examples: RGB, every line filtered by the one above. */
function decode(png: Uint8Array): { width: number, height: number, at(x: number, y: number): string } {
  const bytes = Buffer.from(png)
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const blocks = new Map<string, Buffer>()
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at)
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(bytes.subarray(at + 4, at + 8 + length)))
    blocks.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  const header = blocks.get('IHDR') ?? Buffer.alloc(13)
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const lines = inflateSync(blocks.get('IDAT') ?? Buffer.alloc(0))
  expect(lines.length).toBe((width * 3 + 1) * height)
  const rgb = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < width * 3; i++) rgb[y * width * 3 + i] = (lines[y * (width * 3 + 1) + 1 + i] ?? 0) + (y === 0 ? 0 : rgb[(y - 1) * width * 3 + i] ?? 0)
  }
  return { width, height, at: (x, y) => `#${rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3).toString('hex')}` }
}

describe('the example datasets', () => {
  it('C12: are at least two, marked as examples, with fields the rules accept', async () => {
    expect(exampleSources().length).toBeGreaterThanOrEqual(2)
    for (const { fields, maskLabels } of exampleSources()) {
      expect(fields.example).toBe(true)
      expect(readLicence(fields.license)).toEqual({ ok: true, value: fields.license })
      if (maskLabels !== undefined) expect(readMaskLabels(maskLabels).ok).toBe(true)
    }
  })

  it('C12: tables are real, small and each named in the data card with source and licence', async () => {
    const files = await filesOf('tables')
    const card = Buffer.from(files.get('README.md') ?? '').toString()
    expect(files.size).toBeGreaterThan(10)
    expect([...files.values()].reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThan(10_000_000)
    for (const path of files.keys()) {
      if (path === 'README.md') continue
      const row = card.split('\n').find(line => line.includes(`\`${path}\``))
      expect(row, path).toMatch(/\| \[.+\]\(https?:.+\).* \| (Public domain|CC)/)
    }
  })

  it('C12: shapes are the same from each run', async () => {
    const digest = async () => {
      const hash = createHash('sha256')
      for (const [path, bytes] of await filesOf('shapes')) hash.update(path).update(bytes)
      return hash.digest('hex')
    }
    expect(await digest()).toBe(await digest())
  })

  it('C12: boxes and areas of shapes are those of the masks', async () => {
    const files = await filesOf('shapes')
    const labels = JSON.parse(Buffer.from(files.get('mask-labels.json') ?? '').toString()) as Record<string, string[]>
    const { images, annotations, categories } = JSON.parse(Buffer.from(files.get('annotations.json') ?? '').toString()) as Annotations
    expect(images).toHaveLength(60)
    for (const { id, file_name } of images.slice(0, 12)) {
      expect(decode(files.get(file_name) ?? new Uint8Array())).toMatchObject({ width: 192, height: 144 })
      const mask = decode(files.get(`masks/${file_name}`) ?? new Uint8Array())
      let painted = 0
      for (let y = 0; y < mask.height; y++) for (let x = 0; x < mask.width; x++) if (mask.at(x, y) !== '#000000') painted++
      const own = annotations.filter(annotation => annotation.image_id === id)
      expect(own.length).toBeGreaterThan(0)
      expect(own.reduce((sum, { area }) => sum + area, 0)).toBe(painted)
      for (const { bbox: [x = 0, y = 0, width = 0, height = 0], category_id, area } of own) {
        const colours = new Map<string, number>()
        for (let row = y; row < y + height; row++) {
          for (let column = x; column < x + width; column++) colours.set(mask.at(column, row), (colours.get(mask.at(column, row)) ?? 0) + 1)
        }
        const name = categories.find(category => category.id === category_id)?.name
        const colour = Object.keys(labels).find(key => labels[key]?.includes(name ?? '')) ?? ''
        expect(colours.get(colour)).toBe(area)
      }
    }
  })

  it('C12: the second version of shapes adds pictures and changes what describes them', async () => {
    const [first, second] = [await filesOf('shapes'), await filesOf('shapes', 1)]
    expect([...second.keys()].filter(path => !first.has(path))).toHaveLength(24)
    expect([...second.keys()].filter(path => first.has(path)).sort()).toEqual(['README.md', 'annotations.json', 'mask-labels.json'])
  })
})

describe('creating them', () => {
  it('C12: makes each once, publishes the first version and leaves no file behind', async () => {
    const { datasets, files } = fakeServices()
    const deps = { datasets, files, folderForScratch: scratch }
    expect(await createExamples(deps)).toEqual(['examples/tables', 'examples/shapes'])
    const shapes = datasets.find({ namespace: 'examples', name: 'shapes' })
    expect(shapes).toMatchObject({ example: true })
    expect(shapes.versions.map(({ number, state }) => [number, state])).toEqual([['1.0.0', 'published'], ['1.1.0', 'draft']])
    expect(shapes.versions[0]?.maskLabels['#e4572e']).toEqual(['circle'])
    expect(existsSync(scratch) && readdirSync(scratch)).toEqual([])
  })

  it('C12: leaves a dataset of somebody else that has the name alone', async () => {
    const { datasets, files, world } = fakeServices()
    await datasets.create({ namespace: 'examples', name: 'shapes', description: 'mine' })
    expect(await createExamples({ datasets, files, folderForScratch: scratch })).toEqual(['examples/tables'])
    expect(datasets.find({ namespace: 'examples', name: 'shapes' })).toMatchObject({ description: 'mine', example: false })
    expect(world.filesOf(datasets.find({ namespace: 'examples', name: 'shapes' }).versions[0]!).size).toBe(0)
  })

  it('C12: stops when told and leaves no file behind', async () => {
    const { datasets, files } = fakeServices()
    const signal = AbortSignal.abort()
    await expect(createExamples({ datasets, files, folderForScratch: scratch, signal })).rejects.toThrow()
    expect(readdirSync(scratch)).toEqual([])
  })

  it('C12: on a real node, finishes what was cut off, and changes nothing when all is there', async () => {
    const node = await openNode({ folder: join(scratch, 'home'), doing: 'a test' })
    try {
      const { datasets, files } = node
      const deps = { datasets, files, folderForScratch: join(scratch, 'drafts') }
      const shapes = { namespace: 'examples', name: 'shapes' }
      const cut = { import: async () => { throw new Error('cut off') } }
      await expect(createExamples({ ...deps, files: cut })).rejects.toThrow('cut off')
      expect(await createExamples(deps)).toEqual(['examples/tables', 'examples/shapes'])
      const [first, second] = datasets.find(shapes).versions
      expect(first).toMatchObject({ number: '1.0.0', state: 'published', published: { files: 123 } })
      expect(second).toMatchObject({ number: '1.1.0', state: 'draft', name: 'Current' })
      expect(await datasets.changes(second!, datasets.find(shapes))).toMatchObject({ added: 24, modified: 2, removed: 0 })
      const before = datasets.list().map(dataset => dataset.revision)
      expect(await createExamples(deps)).toEqual([])
      expect(datasets.list().map(dataset => dataset.revision)).toEqual(before)
    } finally {
      await node.close()
    }
  }, 30_000)
})
