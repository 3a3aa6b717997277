import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { MAIN, scratch } from '../support/shoal.ts'

describe('shoal bench', () => {
  const place = scratch()
  afterAll(() => place.clear())

  const bench = (...options: string[]): { status: number | null, stdout: string, stderr: string } =>
    spawnSync(process.execPath, [MAIN, 'bench', '--', ...options], { encoding: 'utf8', timeout: 40_000 })

  it('runs the benchmark on this machine', () => {
    const { status, stdout, stderr } = bench('--works', 'pictures', '--tools', 'shoal', '--rounds', '1', '--scale', '0.002', '--folder', place.folder)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/shoal +import [\d.]+ +checkout [\d.]+ +verify [\d.]+ +changed [\d.]+ +unchanged [\d.]+ +stored/)
  })

  it('says what it does not know', () => {
    const { status, stderr } = bench('--works', 'films')
    expect([status, stderr]).toEqual([2, 'error: --works: there is no films; known are pictures, single, records, tables\n'])
  })
})
