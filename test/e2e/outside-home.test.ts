import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratch, shoal, shoalJson } from '../support/shoal.ts'

describe('the home of a node', () => {
  const at = scratch()
  let home: string
  beforeAll(async () => {
    home = `${at.folder}/home`
    mkdirSync(`${at.folder}/source`)
    writeFileSync(`${at.folder}/source/a.txt`, 'a')
    await shoalJson(home, 'import', `${at.folder}/source`, 'x/y')
    symlinkSync(home, `${at.folder}/way-in`)
  })
  afterAll(() => at.clear())

  it.each(['home', 'home/store', 'home/api-token', 'way-in/cache'])('is not imported, nor what lies in it: %s', async source => {
    const { status, stderr } = await shoal(home, ['import', `${at.folder}/${source}`, 'x/z'])
    expect([status, stderr]).toEqual([1, expect.stringContaining('lies in the home of this node')])
  })

  it.each(['home', 'home/out', 'way-in/out/deep'])('is not checked out into: %s', async target => {
    const { status, stderr } = await shoal(home, ['checkout', 'x/y', `${at.folder}/${target}`, '--force'])
    expect([status, stderr]).toEqual([1, expect.stringContaining('lies in the home of this node')])
    expect(existsSync(`${home}/a.txt`) || existsSync(`${home}/out`)).toBe(false)
  })

  it('is left out of an import of what it lies in', async () => {
    const report = await shoalJson<{ files: number, notices: { path: string }[] }>(home, 'import', at.folder, 'x/around')
    expect(report.files).toBe(1)
    expect(report.notices.map(notice => notice.path)).toContain('home')
  })
})
