import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { classBalance, readCard, typeProblem, writeCard } from '../../../src/files/index.ts'
import { type FilesWorld, PETS, filesWorld, plant } from './support.ts'

describe('what a version is like', () => {
  let world: FilesWorld
  beforeEach(async () => {
    world = await filesWorld()
    await world.datasets.create({ ...PETS, type: 'image' })
  })
  afterEach(() => world.end())

  it('K7: classes are counted by folder, by split', async () => {
    await world.put(PETS, { 'train/cats/1.jpg': '1', 'train/cats/2.jpg': '2', 'val/cats/3.jpg': '3', 'train/dogs/1.jpg': '4', 'README.md': 'x' })
    expect(await classBalance(world.files, PETS, {})).toEqual({
      by: 'folder', path: null, column: null, total: 5, rest: 1,
      classes: [{ name: 'cats', count: 3, splits: { train: 2, val: 1 } }, { name: 'dogs', count: 1, splits: { train: 1 } }]
    })
  })

  it('K7: classes are counted by a column of a table, the label column of the only table by itself', async () => {
    await world.put(PETS, { 'flowers.csv': 'size,Species\n1,rose\n2,"tulip, red"\n3,rose\n4,\n', 'notes.txt': 'x' })
    const shown = { by: 'column', path: 'flowers.csv', column: 'Species', total: 4, rest: 1, classes: [{ name: 'rose', count: 2, splits: {} }, { name: 'tulip, red', count: 1, splits: {} }] }
    expect(await classBalance(world.files, PETS, {})).toEqual(shown)
    expect((await classBalance(world.files, PETS, { column: 'size' })).classes).toHaveLength(4)
    await world.put(PETS, { 'more.jsonl': '{"label":1,"split":"train"}\nnonsense\n{"label":1}\n{"label":{"a":2}}' })
    expect((await classBalance(world.files, PETS, { path: 'more.jsonl' })).classes).toEqual([{ name: '1', count: 2, splits: { train: 1 } }, { name: '{"a":2}', count: 1, splits: {} }])
    expect(await classBalance(world.files, PETS, {})).toEqual(shown)
    await expect(classBalance(world.files, PETS, { path: 'flowers.csv', column: 'colour' })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    await expect(classBalance(world.files, PETS, { path: 'notes.txt' })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
  })

  it('K7: the data card is read with its front matter; an edit keeps what it does not name letter by letter', async () => {
    expect(await readCard(world.files, PETS)).toBeUndefined()
    const source = '---\n# by hand\nlicense: cc-by-4.0\nunknown_key: [1, two]   # kept\nlanguage:\n- en\n---\n# Pets\n\nText --- with dashes.\n'
    await world.put(PETS, { 'README.md': source })
    expect(await readCard(world.files, PETS)).toMatchObject({ fields: { license: 'cc-by-4.0', unknown_key: [1, 'two'], language: ['en'] }, problem: null, text: '# Pets\n\nText --- with dashes.\n' })
    await writeCard(world.files, PETS, { fields: { license: 'mit', pretty_name: 'Pets' } })
    const { 'README.md': edited = '' } = await world.held(PETS)
    for (const kept of ['# by hand', '# kept', '- en', '# Pets', 'license: mit', 'pretty_name: Pets']) expect(edited).toContain(kept)
    await writeCard(world.files, PETS, { text: '# New\n' })
    expect(await readCard(world.files, PETS)).toMatchObject({ fields: { license: 'mit' }, text: '# New\n' })
    for (const [text, fields] of [['# no front', null], ['---\n: [\n---\nx', null], ['---\n---\nx', {}], ['---\na: &a [*a]\n---\n', null]] as const) {
      await world.put(PETS, { 'README.md': text })
      expect((await readCard(world.files, PETS))?.fields, text).toEqual(fields)
    }
  })

  it('K7: a label column that several tables have is counted over all of them, by split; without folders and labels nothing says the classes', async () => {
    await world.put(PETS, { 'train.csv': 'text,label\na,spam\nb,ham\nc,spam\n', 'test.csv': 'text,label\nd,ham\n', 'about.csv': 'note\nx\n', 'val.jsonl': '{"text":"e"}\n{"text":"f","label":"spam"}\n' })
    const shown = await classBalance(world.files, PETS, {})
    expect(shown).toEqual({
      by: 'column', path: null, column: 'label', total: 6, rest: 1,
      classes: [{ name: 'spam', count: 3, splits: { train: 2, val: 1 } }, { name: 'ham', count: 2, splits: { test: 1, train: 1 } }]
    })
    expect(await classBalance(world.files, PETS, { column: 'label' })).toEqual(shown)
    expect(await classBalance(world.files, PETS, { column: 'note' })).toMatchObject({ path: 'about.csv', total: 1 })
    await expect(classBalance(world.files, PETS, { column: 'colour' })).rejects.toMatchObject({ code: 'FIELD_INVALID', message: 'the version has no table with a column "colour"' })
    for (const path of ['train.csv', 'test.csv', 'val.jsonl']) await world.remove(PETS, path)
    expect(await classBalance(world.files, PETS, {})).toMatchObject({ by: 'none', classes: [], total: 1 })
  })

  it('A2: with strict types, files of other types are left out of an import, each told; without, nothing is', async () => {
    const tree = { 'a.jpg': '1', 'b.PNG': '2', 'run.exe': '3', 'table.csv': '4', 'README.md': '5', 'labels/a.txt': '6' }
    plant(world.path('source'), tree)
    expect((await world.files.import(world.path('source'), PETS)).notices).toEqual([])
    await world.datasets.edit(PETS, { strictTypes: true })
    const report = await world.files.import(world.path('source'), PETS)
    expect(report.notices.map(notice => [notice.path, notice.problem])).toEqual([['run.exe', 'type'], ['table.csv', 'type']])
    expect(Object.keys(await world.held(PETS))).toEqual(['README.md', 'a.jpg', 'b.PNG', 'labels/a.txt'])
    await expect(world.files.write(PETS, 'x.mp3', (async function* () { yield Buffer.from('x') })())).rejects.toMatchObject({ code: 'TYPE_REFUSED' })
    await expect(world.files.import(world.path('source', 'run.exe'), PETS, { add: true })).rejects.toMatchObject({ code: 'TYPE_REFUSED' })
  })

  it('A2: with strict types, no move, copy or link brings in a file of another type; what was there before may still move and go', async () => {
    await world.put(PETS, { 'a.jpg': '1', 'old/run.exe': '2', 'old/b.jpg': '3' })
    await world.datasets.edit(PETS, { strictTypes: true })
    const before = await world.held(PETS)
    const refused = { code: 'TYPE_REFUSED', facts: { type: 'image' } }
    await expect(world.files.edit(PETS, [{ op: 'move', from: 'a.jpg', to: 'a.exe' }])).rejects.toMatchObject({ ...refused, message: 'a.exe is left out: it is no image file, and the dataset takes only those (strict types)' })
    await expect(world.files.edit(PETS, [{ op: 'mkdir', path: 'x' }, { op: 'copy', from: 'a.jpg', to: 'x/a.mp3' }])).rejects.toMatchObject(refused)
    await expect(world.files.edit(PETS, [{ op: 'copy', from: 'old', to: 'new' }])).rejects.toMatchObject(refused)
    await expect(world.files.edit(PETS, [{ op: 'link', path: 'far.exe', url: 'https://example.org/far.exe' }])).rejects.toMatchObject(refused)
    expect(await world.held(PETS)).toEqual(before)
    await world.files.edit(PETS, [{ op: 'move', from: 'old', to: 'new' }, { op: 'link', path: 'far.jpg', url: 'https://example.org/far.jpg' }, { op: 'copy', from: 'a.jpg', to: 'c.png' }])
    expect(Object.keys(await world.held(PETS))).toEqual(['a.jpg', 'c.png', 'far.jpg', 'new/b.jpg', 'new/run.exe'])
    await world.files.edit(PETS, [{ op: 'remove', path: 'new/run.exe' }])
  })

  it.each([['tabular', 'a.parquet', true], ['tabular', 'a.csv.gz', true], ['tabular', 'a.jpg', false], ['audio', 'a.wav', true], ['video', 'a.mp4', true], ['text', 'a.pdf', true], ['others', 'a.exe', true], ['image', 'mask-labels.json', true]])(
    'A2: a strict %s dataset and %s: %s', (type, path, isRight) => {
      expect(typeProblem({ type, strictTypes: true }, path) === undefined).toBe(isRight)
    })
})
