import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededChance } from '../../src/runtime/index.ts'
import { type RunningNode, scratch, shoal, shoalJson, startNode } from '../support/shoal.ts'

/** The main job from the shell, in real processes: once without a node, once with one. */
describe.each(['no node runs', 'a node runs'] as const)('the spine while %s', mode => {
  const place = scratch()
  const home = place.path('home')
  const source = place.path('source')
  let node: RunningNode | undefined

  beforeAll(async () => {
    const chance = seededChance(7)
    for (const folder of ['train/cats', 'train/dogs', 'val']) mkdirSync(place.path('source', folder), { recursive: true })
    writeFileSync(place.path('source', 'train/cats/a.bin'), chance.bytes(300_000))
    writeFileSync(place.path('source', 'train/dogs/ü ö.bin'), chance.bytes(5000))
    writeFileSync(place.path('source', 'val/table.csv'), Array.from({ length: 4000 }, (_, i) => `${i},${chance.next()},word\n`).join(''))
    writeFileSync(place.path('source', 'empty'), '')
    writeFileSync(place.path('source', 'run.sh'), '#!/bin/sh\n')
    chmodSync(place.path('source', 'run.sh'), 0o755)
    mkdirSync(place.path('source', 'nothing here'))
    symlinkSync('/etc/hostname', place.path('source', 'link'))
    if (mode === 'a node runs') node = await startNode(home, '--no-examples')
  })
  afterAll(async () => {
    await node?.stop()
    place.clear()
  })

  it('L2: imports a folder, reports links, and skips what is unchanged', async () => {
    const report = await shoalJson<{ added: number, notices: { path: string, problem: string }[], bytes: number }>(home, 'import', source, 'vision/pets')
    expect(report.added).toBe(5)
    expect(report.notices).toEqual([expect.objectContaining({ path: 'link', problem: 'symlink' })])
    const again = await shoalJson(home, 'import', source, 'vision/pets')
    expect(again).toMatchObject({ added: 0, modified: 0, removed: 0, unchanged: 5 })
  })

  it('L2: lists, shows and changes files of the draft', async () => {
    const top = await shoal(home, ['ls', 'vision/pets'])
    expect(top.stdout.split('\n').map(line => line.trim().split(/ {2,}/)[1]).filter(Boolean)).toEqual(['empty', 'nothing here/', 'run.sh', 'train/', 'val/'])
    const table = await shoal(home, ['cat', 'vision/pets:val/table.csv'])
    expect(table.stdout).toBe(readFileSync(place.path('source', 'val/table.csv'), 'utf8'))
    await shoalJson(home, 'mkdir', 'vision/pets:extra')
    await shoalJson(home, 'mv', 'vision/pets:empty', 'extra/void')
    await shoalJson(home, 'rm', '-r', 'vision/pets:extra')
    const refused = await shoal(home, ['rm', 'vision/pets:extra/void'])
    expect(refused.status).toBe(3)
    expect(refused.stderr).toMatch(/^error: .*extra\/void.*\n$/)
  })

  it('L3: publishes; nothing changes the version afterwards', async () => {
    await shoalJson(home, 'import', source, 'vision/pets')
    const version = await shoalJson(home, 'publish', 'vision/pets', '--message', 'first')
    expect(version).toMatchObject({ number: '1.0.0', state: 'published', files: 5 })
    for (const args of [['rm', 'vision/pets@1.0.0:run.sh'], ['mkdir', 'vision/pets@1.0.0:x'], ['publish', 'vision/pets@1.0.0'], ['import', source, 'vision/pets@1.0.0'], ['version', 'edit', 'vision/pets@1.0.0', '--number', '9.0.0'], ['version', 'delete', 'vision/pets@1.0.0']]) {
      const refused = await shoal(home, args)
      expect([args.join(' '), refused.status]).toEqual([args.join(' '), 4])
    }
  })

  it('L4: a second import makes a draft that shares what is equal', async () => {
    appendFileSync(place.path('source', 'val/table.csv'), 'last,1,word\n')
    rmSync(place.path('source', 'run.sh'))
    const report = await shoalJson<{ bytesRead: number }>(home, 'import', source, 'vision/pets')
    expect(report).toMatchObject({ added: 0, modified: 1, removed: 1, unchanged: 3 })
    const diff = await shoal(home, ['diff', 'vision/pets@1.0.0', 'vision/pets'])
    expect(diff.stdout.trim().split('\n').sort()).toEqual(['- run.sh', '~ val/table.csv'])
    expect(await shoalJson(home, 'publish', 'vision/pets', '--as', '1.1.0')).toMatchObject({ number: '1.1.0' })
    const versions = await shoalJson<{ number: string, state: string, parents: { number: string }[] }[]>(home, 'version', 'list', 'vision/pets', '--state', 'published')
    expect(versions.map(version => version.number)).toEqual(['1.0.0', '1.1.0'])
    expect(versions[1]?.parents[0]?.number).toBe('1.0.0')
  })

  it('checks a version out, verifies it, and a second run moves only what differs', async () => {
    const target = place.path('copy')
    await shoalJson(home, 'checkout', 'vision/pets@1.0.0', target)
    expect(existsSync(place.path('copy', 'run.sh'))).toBe(true)
    const report = await shoalJson(home, 'checkout', 'vision/pets@1.1.0', target)
    expect(report).toMatchObject({ written: 1, removed: 1, unchanged: 3 })
    execFileSync('diff', ['-r', '--exclude=.shoal*', '--exclude=link', source, target])
    writeFileSync(place.path('copy', 'mine.txt'), 'not of a checkout')
    await shoalJson(home, 'checkout', 'vision/pets@1.0.0', target)
    expect(readFileSync(place.path('copy', 'mine.txt'), 'utf8')).toBe('not of a checkout')
    expect(readdirSync(target)).not.toContain('link')
  })

  it('C3: snapshots keep the id of the draft', async () => {
    const draft = await shoalJson<{ id: string }>(home, 'version', 'create', 'vision/pets', '--number', '2.0.0')
    const result = await shoalJson<{ published: { id: string, name: string }, child: { name: string, state: string } }>(home, 'snapshot', 'vision/pets')
    expect(result.published.id).toBe(draft.id)
    expect(result.published.name).toMatch(/^snapshot \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/)
    expect(result.child).toMatchObject({ name: 'Current', state: 'draft' })
  })

  it('verifies and collects', async () => {
    expect(await shoalJson(home, 'verify')).toMatchObject({ damaged: [], repaired: 0 })
    expect(await shoalJson(home, 'gc', '--dry-run')).toMatchObject({ dryRun: true })
    expect(await shoalJson(home, 'gc')).toMatchObject({ dryRun: false })
    expect(await shoalJson(home, 'verify', 'vision/pets@1.0.0')).toMatchObject({ damaged: [] })
  })

  it.runIf(mode === 'a node runs')('speaks with the node without the platform\'s fetch, which takes longer to load and to end than a command', async () => {
    const tell = 'process.on("exit", () => console.error("parts of fetch:", process.moduleLoadList.filter(name => name.includes("undici")).length))'
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(tell)}` }
    const file = place.path('whole.bundle')
    const commands = [['ls', 'vision/pets'], ['cat', 'vision/pets@1.0.0:run.sh'], ['sync', 'vision/pets@1.0.0', '--wait'], ['export', 'vision/pets@1.0.0', file], ['bundle', 'import', file], ['cat', 'vision/pets:none']]
    for (const args of commands) expect([args.join(' '), (await shoal(home, args, { env })).stderr]).toEqual([args.join(' '), expect.stringMatching(/^parts of fetch: 0$/m)])
  })

  it('tells who did what', async () => {
    const log = await shoal(home, ['log', 'vision/pets', '--json'])
    const changes = log.stdout.trim().split('\n').map(line => (JSON.parse(line) as { change: string }).change)
    expect(changes).toContain('dataset.create')
    expect(changes.filter(change => change === 'version.publish').length).toBeGreaterThanOrEqual(3)
  })

  it.each([
    [['import', 'no/such/folder', 'a/b'], 3, /does not exist/],
    [['import', '.', 'not a reference'], 2, /not namespace\/name/],
    [['publish', 'vision/none'], 3, /vision\/none/],
    [['cat', 'vision/pets@1.0.0:../etc/passwd'], 2, /\.\./],
    [['cat', 'vision/pets@1.0.0:/etc/passwd'], 2, /absolute/],
    [['cat', 'vision/pets@1.0.0:a//b'], 2, /two slashes/],
    [['cat', 'vision/pets@9.9.9:a'], 3, /9\.9\.9/],
    [['version', 'create', 'vision/pets', '--number', '1.0'], 2, /number/],
    [['dataset', 'create', 'vision/x', '--type', 'pictures'], 2, /type/],
    [['frobnicate'], 2, /unknown command/],
    [['ls'], 2, /missing required argument/]
  ] as const)('refuses %j with status %d', async (args, status, message) => {
    const outcome = await shoal(home, args)
    expect(outcome.stderr).toMatch(message)
    expect(outcome.status).toBe(status)
    expect(outcome.stdout).toBe('')
  })
})
