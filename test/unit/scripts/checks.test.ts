import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Each check of `npm run check` must bite: a fault is planted and must be found. */
describe('the checks of the house', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shoal-checks-'))
    for (const room of ['errors', 'model', 'chunks']) {
      mkdirSync(join(folder, room))
      writeFileSync(join(folder, room, 'index.ts'), `export const ${room} = 1\n`)
    }
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const layers = () => spawnSync(process.execPath, ['scripts/check-layers.mjs', folder], { encoding: 'utf8', timeout: 15_000 })
  const lint = () => spawnSync('node_modules/.bin/oxlint', ['--type-aware', '-c', resolve('.oxlintrc.json'), folder], { encoding: 'utf8', timeout: 30_000 })

  it('passes rooms that import downwards through the door', () => {
    writeFileSync(join(folder, 'chunks', 'a.ts'), "import { model } from '../model/index.ts'\nexport const a = model\n")
    expect(layers().status).toBe(0)
  })

  it.each([
    ['an upward import', 'model/a.ts', "import { chunks } from '../chunks/index.ts'\nexport const a = chunks\n", 'model may not import chunks'],
    ['an upward import of types only', 'model/a.ts', "import type { chunks } from '../chunks/index.ts'\nexport type A = typeof chunks\n", 'model may not import chunks'],
    ['an upward import over several lines', 'errors/a.ts', "import {\n  model\n} from '../model/index.ts'\nexport const a = model\n", 'errors may not import model'],
    ['a dynamic upward import', 'errors/a.ts', "export const a = import('../model/index.ts')\n", 'errors may not import model'],
    ['a reach past the door', 'chunks/a.ts', "import { x } from '../model/path.ts'\nexport const a = x\n", 'reaches into model'],
    ['a room nobody knows', 'attic/a.ts', 'export const a = 1\n', '"attic" is not a room'],
    ['a folder without a job', 'chunks/utils/a.ts', 'export const a = 1\n', 'no job in its name']
  ])('finds %s', (_, file, text, message) => {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), text)
    const result = layers()
    expect(result.status).toBe(1)
    expect(result.stderr).toContain(message)
  })

  it('finds a planted import cycle', () => {
    writeFileSync(join(folder, 'chunks', 'a.ts'), "import { b } from './b.ts'\nexport const a = (): number => b()\n")
    writeFileSync(join(folder, 'chunks', 'b.ts'), "import { a } from './a.ts'\nexport const b = (): number => a()\n")
    const result = lint()
    expect(result.status).not.toBe(0)
    expect(result.stdout).toContain('no-cycle')
  })

  it('finds a planted floating promise, clock and chance', () => {
    mkdirSync(join(folder, 'src', 'chunks'), { recursive: true })
    cpSync('.oxlintrc.json', join(folder, '.oxlintrc.json'))
    writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src"] }')
    writeFileSync(join(folder, 'src', 'chunks', 'a.ts'), 'export function a (): number {\n  Promise.resolve(1)\n  return Date.now() + Math.random()\n}\n')
    const result = spawnSync(resolve('node_modules/.bin/oxlint'), ['--type-aware', 'src'], { cwd: folder, encoding: 'utf8', timeout: 30_000 })
    expect(result.stdout).toContain('no-floating-promises')
    expect(result.stdout).toContain('Take a Clock')
    expect(result.stdout).toContain('Take a Chance')
  })
})
