import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../src/http/index.ts'
import { seededChance } from '../../src/runtime/index.ts'
import { type RunningNode, scratch, shoal, shoalJson, startNode } from '../support/shoal.ts'

/** Each feature from the shell, with a node that runs. */
describe('features from the shell', () => {
  const place = scratch()
  const home = place.path('home')
  let node: RunningNode
  const json = <T = Record<string, unknown>>(...args: string[]): Promise<T> => shoalJson<T>(home, ...args)

  beforeAll(async () => {
    for (const split of ['train', 'val']) for (const name of ['cats', 'dogs']) {
      mkdirSync(place.path('source', split, name), { recursive: true })
      for (let i = 0; i < 5; i++) writeFileSync(place.path('source', split, name, `${i}.jpg`), `${split} ${name} ${i}`)
    }
    writeFileSync(place.path('source', 'README.md'), '---\nlicense: mit\n---\n# Pets\n')
    node = await startNode(home, '--no-examples')
    await json('import', place.path('source'), 'vision/pets')
    await json('publish', 'vision/pets')
  })
  afterAll(async () => {
    await node?.stop()
    place.clear()
  })

  it('K1, A1, L1: a dataset with every field; a licence in free spelling', async () => {
    const dataset = await json('dataset', 'create', 'team/all', '--number', '0.9.0', '--display-name', 'All', '--description', 'd', '--type', 'audio', '--task', 'detection', '--format', 'others',
      '--status', 'ready', '--scenario', 'tests', '--license', 'apache 2.0', '--tags', 'b,a', '--public', 'no', '--strict-types', 'yes')
    expect(dataset).toMatchObject({ namespace: 'team', name: 'all', displayName: 'All', type: 'audio', task: 'detection', format: 'others', status: 'ready', scenario: 'tests', license: 'Apache-2.0', tags: ['a', 'b'], publicAccess: false, strictTypes: true, current: { number: '0.9.0', name: 'Current' } })
    const wrong = await shoal(home, ['dataset', 'create', 'team/x', '--type', 'smell', '--license', 'none at all', '--registry', 'nobody'])
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('the type must be one of tabular, image, text, audio, video, time-series, others, not "smell"; the license "none at all" is not an SPDX licence')])
    expect(wrong.stderr).toContain('the registry names nobody, not a member of this workspace')
    const [self] = await json<{ id: string, name: string }[]>('members')
    expect(await json('dataset', 'edit', 'team/all', '--registry', self?.name ?? '')).toMatchObject({ registry: [self?.id] })
  })

  it('K3: what is fixed is refused with the reason, in the shell, too', async () => {
    const refused = await shoal(home, ['dataset', 'edit', 'vision/pets', '--type', 'image', '--name', 'cats', '--description', 'new'])
    expect([refused.status, refused.stderr]).toEqual([4, 'error: the name of vision/pets stays as it is: references to the dataset and its signed publish records name it; '
      + 'the type of vision/pets stays as it is: previews, strict types and everyone who uses the dataset rely on it. Create a new dataset or version instead.\n'])
    expect(await json('dataset', 'edit', 'vision/pets', '--description', 'new', '--tags', 'a', '--license', 'CC BY 4.0', '--public', 'no'))
      .toMatchObject({ name: 'pets', type: 'tabular', description: 'new', tags: ['a'], license: 'CC-BY-4.0', publicAccess: false })
    await json('dataset', 'edit', 'vision/pets', '--tags', '')
  })

  it('K5, C4: a number is valid and unused, a parent is published', async () => {
    for (const [args, status, text] of [
      [['--number', 'v2'], 2, 'the number "v2" is not a semantic version; write three numbers such as 2.0.0'],
      [['--number', '1.0.0'], 5, 'vision/pets has a version 1.0.0 (published) already']
    ] as const) {
      const refused = await shoal(home, ['version', 'create', 'vision/pets', ...args])
      expect([refused.status, refused.stderr]).toEqual([status, expect.stringContaining(text)])
    }
  })

  it('L6: a published file opens by its address, whole or by ranges, as notebooks do it', async () => {
    for (const version of ['1.0.0', 'latest']) {
      const address = `${node.url}/api/v1/datasets/vision/pets/versions/${version}/files/train/cats/3.jpg`
      const head = await fetch(address, { method: 'HEAD' })
      expect([head.status, head.headers.get('content-length'), head.headers.get('accept-ranges'), head.headers.get('content-type')]).toEqual([200, '12', 'bytes', 'image/jpeg'])
      const part = await fetch(address, { headers: { range: 'bytes=6-9', 'if-range': head.headers.get('etag') ?? '' } })
      expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 6-9/12', 'cats'])
      expect(await (await fetch(address, { headers: { range: 'bytes=-1' } })).text()).toBe('3')
      expect(await (await fetch(address)).text()).toBe('train cats 3')
    }
  })

  it('A2: a strict dataset leaves files of other types out of an import and refuses them otherwise, each by name', async () => {
    await json('dataset', 'create', 'team/strict', '--type', 'image', '--strict-types', 'yes')
    mkdirSync(place.path('mixed'))
    for (const name of ['a.jpg', 'run.exe']) writeFileSync(place.path('mixed', name), name)
    const imported = await shoal(home, ['import', place.path('mixed'), 'team/strict'])
    expect([imported.status, imported.stderr]).toEqual([0, 'warning: run.exe: it is no image file, and the dataset takes only those (strict types)\n'])
    const moved = await shoal(home, ['mv', 'team/strict:a.jpg', 'a.exe'])
    expect([moved.status, moved.stderr]).toEqual([4, 'error: a.exe is left out: it is no image file, and the dataset takes only those (strict types). Give a regular file or folder, of the type the dataset takes.\n'])
    expect((await shoal(home, ['ls', 'team/strict'])).stdout).toBe('       5 B  a.jpg\n')
  })

  it('K4: splits, samples and metadata into a folder or an archive', async () => {
    expect(await json('checkout', 'vision/pets@1.0.0', place.path('out'), '--split', 'train', '--sample', '40%', '--seed', '1')).toMatchObject({ written: 4 })
    expect(readdirSync(place.path('out', 'train')).sort()).toEqual(['cats', 'dogs'])
    expect(await json('checkout', 'vision/pets@1.0.0', place.path('out'), '--metadata-only')).toMatchObject({ removed: 4 })
    expect(JSON.parse(readFileSync(place.path('out', 'shoal-metadata.json'), 'utf8'))).toMatchObject({ dataset: { name: 'pets' } })
    expect(await json('archive', 'vision/pets@1.0.0', place.path('pets.tar.gz'), '--split', 'val')).toMatchObject({ bytes: expect.any(Number) as number })
    expect((await shoal(home, ['archive', 'vision/pets@1.0.0', place.path('x.zip'), '--split', 'test'])).status).toBe(2)
    expect(await json('version', 'splits', 'vision/pets@1.0.0')).toMatchObject({ source: 'names', splits: [{ name: 'train', files: 10 }, { name: 'val', files: 10 }], rest: { files: 1 } })
  })

  it('K6, K8, L7: an experiment is recorded, and keeps its version', async () => {
    const run = await json<{ id: string }>('use', 'start', 'vision/pets@1.0.0', '--experiment', 'resnet 7', '--settings', '{"epochs":3}')
    const refused = await shoal(home, ['dataset', 'delete', 'vision/pets', '--all-versions', '--force'])
    expect([refused.status, refused.stderr]).toEqual([4, 'error: vision/pets is used by the experiment resnet 7. Finish what uses it, or archive it instead.\n'])
    expect(await json('dataset', 'archive', 'vision/pets')).toMatchObject({ archived: true })
    expect(await json('dataset', 'restore', 'vision/pets')).toMatchObject({ archived: false })
    await json('use', 'beat', run.id)
    expect(await json('use', 'finish', run.id, '--message', 'done')).toMatchObject({ state: 'done', inputs: [{ number: '1.0.0', tree: expect.stringMatching(/^blake3:/) as string }] })
    expect(await json<unknown[]>('use', 'list', 'vision/pets@1.0.0')).toHaveLength(1)
    expect(await json('version', 'usage', 'vision/pets@1.0.0')).toMatchObject({ total: { experiments: 1 } })
  })

  it('K7: classes, data card, known issues, Croissant', async () => {
    expect(await json('version', 'classes', 'vision/pets@1.0.0')).toMatchObject({ by: 'folder', classes: [{ name: 'cats', count: 10 }, { name: 'dogs', count: 10 }] })
    expect(await json('version', 'card', 'vision/pets@1.0.0')).toMatchObject({ fields: { license: 'mit' }, text: '# Pets\n' })
    const issue = await json<{ id: string }>('issue', 'add', 'vision/pets@1.0.0', 'dark pictures', '--path', 'train/cats')
    await json('issue', 'close', 'vision/pets@1.0.0', issue.id)
    expect(await json<unknown[]>('issue', 'list', 'vision/pets@1.0.0')).toEqual([expect.objectContaining({ title: 'dark pictures', state: 'closed' })])
    expect(await json('version', 'croissant', 'vision/pets@1.0.0')).toMatchObject({ conformsTo: 'http://mlcommons.org/croissant/1.1', version: '1.0.0' })
  })

  it('C2, C7, C8, C9, W2, W4, W5, W6: tags, mask labels, sizes, CSV, and many versions at once', async () => {
    expect(await json('version', 'tag', 'vision/pets@1.0.0', '--add', 'golden')).toEqual(['golden'])
    expect(await json<unknown[]>('version', 'list', 'vision/pets', '--tag', 'golden')).toHaveLength(1)
    expect(await json('dataset', 'tag', 'vision/pets', '--add', 'x,y')).toEqual(['x', 'y'])
    expect(await json('dataset', 'show', 'vision/pets')).toMatchObject({ structure: 'simple' })
    for (const name of ['one', 'two']) await json('version', 'create', 'vision/pets', '--name', name)
    expect(await json('dataset', 'show', 'vision/pets')).toMatchObject({ structure: 'advanced', drafts: 2 })
    expect((await shoal(home, ['version', 'show', 'vision/pets'])).stderr).toMatch(/^warning: vision\/pets has 2 drafts; this is the newest, 1\.2\.0 \(draft "two"\)/)
    expect(await json('version', 'mask-labels', 'vision/pets@one', '--set', '{"255,0,0":["road"]}')).toEqual({ '#ff0000': ['road'] })
    expect(await json('version', 'size', 'vision/pets@1.0.0')).toMatchObject({ chunks: expect.any(Number) as number })
    expect((await shoal(home, ['version', 'csv', 'vision/pets', '--columns', 'number,name'])).stdout).toBe('number,name\r\n1.0.0,\r\n1.1.0,one\r\n1.2.0,two\r\n')
    const refused = await shoal(home, ['version', 'change', 'delete', 'vision/pets', 'one'])
    expect([refused.status, refused.stderr]).toEqual([4, expect.stringContaining('not in the archive')])
    expect(await json('version', 'change', 'archive', 'vision/pets', 'one', 'two')).toMatchObject({ done: 2, failed: 0 })
    expect(await json('version', 'change', 'delete', 'vision/pets', '--all', '--archived')).toMatchObject({ done: 2, failed: 0 })
  })

  it('A4: a large file in parts, again after the node was killed in the middle', async () => {
    const bytes = seededChance(1).bytes(5_000_000)
    writeFileSync(place.path('big.bin'), bytes)
    await json('dataset', 'create', 'team/big')
    const client = connect({ baseUrl: node.url }).client
    await client.uploads.send({ namespace: 'team', name: 'big' }, 'big.bin', {
      size: bytes.length, key: 'k', read: async function* (from, to) {
        if (from >= 3_000_000) throw new Error('the network went away')
        yield bytes.subarray(from, to)
      }
    }, { partBytes: 1_000_000, parallel: 1 }).catch(() => undefined)
    await node.kill()
    node = await startNode(home, '--no-examples')
    const again = connect({ baseUrl: node.url }).client
    let read = 0
    const upload = await again.uploads.send({ namespace: 'team', name: 'big' }, 'big.bin', {
      size: bytes.length, key: 'k', read: async function* (from, to) {
        read += to - from
        yield bytes.subarray(from, to)
      }
    }, { partBytes: 1_000_000 })
    expect(upload.file?.size).toBe(5_000_000)
    expect(read).toBe(2_000_000)
    expect(await json('upload', place.path('big.bin'), 'team/big:again.bin', '--part', '1')).toMatchObject({ file: { hash: upload.file?.hash } })
    const out = await fetch(`${node.url}/api/v1/datasets/team/big/versions/current/files/again.bin`)
    expect(createHash('sha256').update(Buffer.from(await out.arrayBuffer())).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  it('A5: a processing writes into a draft and keeps where it came from', async () => {
    await json('dataset', 'create', 'vision/small')
    const run = await json<{ id: string }>('use', 'start', 'vision/pets@1.0.0', '--experiment', 'shrink', '--tool', 'shrink.py', '--output', 'vision/small')
    expect(await json('dataset', 'show', 'vision/small')).toMatchObject({ status: 'processing' })
    await json('use', 'finish', run.id, '--failed', '--message', 'no space')
    expect(await json('dataset', 'show', 'vision/small')).toMatchObject({ status: 'failed' })
    expect(await json<unknown[]>('use', 'list', 'vision/small')).toEqual([expect.objectContaining({ kind: 'processing', tool: 'shrink.py', message: 'no space' })])
    const again = await json<{ id: string }>('use', 'start', 'vision/pets@1.0.0', '--experiment', 'shrink', '--tool', 'shrink.py', '--settings', '{"edge":64}', '--output', 'vision/small')
    await json('import', place.path('source', 'val'), 'vision/small')
    await json('use', 'finish', again.id)
    expect(await json('dataset', 'show', 'vision/small')).toMatchObject({ status: 'ready', current: { files: 10 } })
    expect(await json<unknown[]>('use', 'list', 'vision/pets@1.0.0', '--state', 'done')).toContainEqual(expect.objectContaining({ settings: { edge: 64 }, output: expect.objectContaining({ dataset: 'vision/small' }) as object }))
  })

  it('W7, C6: links are listed, refused where they lead to this machine, and go with the dataset', async () => {
    await json('dataset', 'create', 'team/far')
    await json('link', 'add', 'team/far:a.txt', `${node.url}/healthz`)
    expect((await shoal(home, ['link', 'list', 'team/far'])).stdout).toBe(`a.txt -> ${node.url}/healthz\n`)
    const fetched = await shoal(home, ['link', 'fetch', 'team/far'])
    expect([fetched.status, fetched.stderr]).toEqual([1, expect.stringContaining('this machine')])
    const read = await shoal(home, ['cat', '--fetch', 'team/far:a.txt'])
    expect([read.status, read.stderr]).toEqual([4, expect.stringContaining('is this machine, or none that links may reach')])
    expect(await json('dataset', 'delete', 'team/far', '--all-versions', '--delete-sources')).toMatchObject({ sources: { done: 0, failed: [{ code: 'LINK_REFUSED' }] } })
  })

  it('C1, C2, C3, C4, C5, C6, K8: the script in the README runs as it stands', async () => {
    const script = /```js\n([\s\S]*?)```/.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))?.[1] ?? ''
    // The package finds itself by its name in the folder it lies in.
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8', timeout: 30_000, env: { ...process.env, NO_COLOR: '1', SHOAL_URL: node.url }
    })
    expect([child.stderr, child.status]).toEqual(['', 0])
    const [first = '', ...lines] = child.stdout.trimEnd().split('\n')
    expect(first).toMatch(/^snapshot \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z true Current$/)
    expect(lines.slice(0, 4)).toEqual([`[ 'train/cats/tom.txt' ]`, expect.stringMatching(/^1\.0\.0 snapshot /), '1.2.0 left', '1.3.0 right'])
    expect(lines.slice(4)).toEqual([expect.stringMatching(/^train\/(cats\/tom|dogs\/rex)\.txt$/)])
  })
})
