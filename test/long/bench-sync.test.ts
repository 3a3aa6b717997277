import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { MAIN, scratch } from '../support/shoal.ts'

describe('shoal bench -- --sync', () => {
  const place = scratch()
  afterAll(() => place.clear())

  const bench = (...options: string[]): { status: number | null, stdout: string, stderr: string } =>
    spawnSync(process.execPath, [MAIN, 'bench', '--', '--sync', '--works', 'pictures', '--rounds', '1', '--scale', '0.0005', '--folder', place.folder, ...options], { encoding: 'utf8', timeout: 90_000 })

  it('measures two nodes on this machine', () => {
    const { status, stdout, stderr } = bench('--tools', 'shoal')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/ {4}first +[\d.]+\n[^]* {4}changed +[\d.]+\n[^]* {4}nothing new +[\d.]+\n/)
  }, 100_000)

  it('measures one, two and three sources, each time of all the data', () => {
    const { status, stdout, stderr } = bench('--sources')
    expect([status, stderr]).toEqual([0, ''])
    const megabytes = [...stdout.matchAll(/ {4}\d sources? MB +([\d.]+)/g)].map(([, value]) => Number(value))
    expect(megabytes).toHaveLength(3)
    for (const value of megabytes) expect(value).toBeGreaterThan(0.4)
  }, 100_000)
})
