import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inventBytes } from '../support/invented-data.ts'
import { type FilesWorld, PETS, filesWorld, harvest, plant } from '../unit/files/support.ts'

const CHILD = fileURLToPath(new URL('imports-killed-child.mjs', import.meta.url))
const DEADLINE_MS = 40_000

interface Outcome { readonly at: number, readonly done: string | undefined }

/** Runs a job in a process of its own, killed at once when it has told about its progress so many times. */
async function inChild(arguments_: object, killAt = Infinity): Promise<Outcome> {
  const child: ChildProcess = spawn(process.execPath, [CHILD, JSON.stringify(arguments_)], { stdio: ['ignore', 'pipe', 'ignore'] })
  const limit = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
  let text = ''
  child.stdout?.on('data', (bytes: Buffer) => {
    text += bytes.toString()
    if ((text.match(/^at /gm)?.length ?? 0) >= killAt) child.kill('SIGKILL')
  })
  await new Promise(resolve => { child.once('close', resolve) })
  clearTimeout(limit)
  return { at: Number(/at (\d+)\n(?!.*at \d+\n)/s.exec(text)?.[1] ?? 0), done: /done (.*)\n/.exec(text)?.[1] }
}

describe('killed at once', () => {
  let world: FilesWorld
  let source: string
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

  beforeEach(async () => {
    world = await filesWorld('level')
    source = world.path('source')
    plant(source, Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`${i % 40}/${i}`, `content ${i % 2900}`])))
    for (let i = 0; i < 10; i++) writeFileSync(`${source}/${i}/zz`, inventBytes(i, 1024 * 1024))
  })
  afterEach(() => world.end())

  it('K4: a checkout that is killed goes on from there, and nothing of it is taken for the user\'s', async () => {
    await world.files.import(source, PETS)
    const { version } = world.datasets.resolve(PETS)
    const tree = hex(await world.datasets.tree(version))
    await world.store.close()
    const target = world.path('target')
    const run = (killAt?: number): Promise<Outcome> => inChild({ job: 'checkout', store: world.path('store'), request: { tree, version: version.id, prefix: '', folder: target, force: false } }, killAt)
    const first = await run(1)
    expect(first.done).toBeUndefined()
    expect(first.at).toBeGreaterThan(0)
    const last = await run()
    expect(Number(last.done)).toBeLessThan(3010)
    expect(harvest(target)).toEqual(harvest(source))
    expect(existsSync(`${target}/.shoal-drafts`)).toBe(false)
    // What it knows is still right: a file that is changed is the user's.
    writeFileSync(`${target}/1/1`, 'mine')
    rmSync(`${target}/2/2`)
    expect((await run()).done).toBeUndefined()
  }, 60_000)

  it('L2: an import that is killed leaves nothing half done, and the next one makes the same tree', async () => {
    await world.store.close()
    const run = (cache: string, killAt?: number): Promise<Outcome> => inChild({ job: 'import', store: world.path('store'),
      request: { source, into: '', cache: world.path(cache), add: false, rehash: false, except: [], now: Date.parse('2000-01-01') } }, killAt)
    const whole = await run('a')
    expect(whole.done).toBeDefined()
    rmSync(world.path('store'), { recursive: true })
    const first = await run('b', 1)
    expect(first.done).toBeUndefined()
    expect(first.at).toBeGreaterThan(0)
    expect((await run('b')).done).toBe(whole.done)
  }, 60_000)
})
