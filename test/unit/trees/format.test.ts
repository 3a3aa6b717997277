import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import * as limits from '../../../src/trees/limits.ts'
import { begins } from './model.ts'
import { computeVectors, type Vectors } from './vectors.ts'

const format = await readFile(new URL('../../../src/trees/FORMAT.md', import.meta.url), 'utf8')

it('writes the bytes that FORMAT.md states', async () => {
  const stated = JSON.parse(/```json\n([\s\S]*?)\n```/.exec(format)?.[1] ?? '') as Vectors
  expect(await computeVectors()).toEqual(stated)
}, 20_000)

it('has the numbers that FORMAT.md states', () => {
  const stated = Object.fromEntries([...format.matchAll(/^\| `([A-Z_]+)` \| ([\d,]+) \|/gm)].map(([, name, value]) => [name, Number(value?.replaceAll(',', ''))]))
  const { BATCH_BYTES: _, ...shaping } = limits
  expect(stated).toEqual(shaping)
})

it('begins nodes at one path in 128, at every level by itself', () => {
  const paths = Array.from({ length: 64_000 }, (_, i) => `train/class ${i % 40}/image_${i}.jpg`)
  const counts = [0, 1, 2].map(level => paths.filter(path => begins(path, level)).length)
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(120)
  expect(paths.filter(path => begins(path, 0) && begins(path, 1)).length).toBeLessThan(20)
})
