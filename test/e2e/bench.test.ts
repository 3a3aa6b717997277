import { afterAll, describe, expect, it } from 'vitest'
import { scratch, shoal } from '../support/shoal.ts'

describe('shoal bench', () => {
  const place = scratch()
  afterAll(() => place.clear())

  it('runs the benchmark on this machine', async () => {
    const { status, stdout, stderr } = await shoal(place.path('home'), ['bench', '--', '--works', 'pictures', '--tools', 'shoal', '--rounds', '1', '--scale', '0.002', '--folder', place.folder])
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/shoal +import [\d.]+ +checkout [\d.]+ +verify [\d.]+ +changed [\d.]+ +unchanged [\d.]+ +stored/)
  })

  it('says what it does not know', async () => {
    const { status, stderr } = await shoal(place.path('home'), ['bench', '--', '--works', 'films'])
    expect([status, stderr]).toEqual([2, 'error: --works: there is no films; known are pictures, single, records, tables\n'])
  })
})
