import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isShoalError } from '../../../src/errors/index.ts'
import { type FilesWorld, PETS, filesWorld, harvest, plant } from './support.ts'

/** Odd, but names like any other: a version holds them, and a folder of Linux too. */
const FIT = [
  'constructor', 'prototype', 'toString', 'hasOwnProperty', 'p/__proto__', '__proto__/x', 'undefined', 'null', 'NaN', '0', '-1',
  ' ', '  lead', 'trail ', 'trail.', '.hidden', '...', '..a', 'a..', '. .', '-', '--', '-rf', '--help', '~', '~root', '$HOME', '${IFS}', '`id`', '$(id)',
  '*', '?', '[a]', '{a,b}', '!x', '#x', '%00', '%2e%2e', '%2F', 'a%2fb', '&', ';rm', '|', '<', '>', '"', '\'', '(', ')', '=', '+', ',', '@', '^', ':', 'a:b', 'C:', 'C:x',
  'CON', 'nul.txt', 'COM1', 'LPT9.log', 'aux', 'a.', 'Desktop.ini', 'thumbs.db', '.git/config', '.gitignore', 'node_modules/x', 'package.json',
  'A', 'a', 'ä', 'a\u0308', 'ß', 'ẞ', 'ı', 'İ', 'ſ', 'K', '\u212a', 'Ω', '\u2126', 'é/è', 'naïve café', '日本語', '한국어', '\u1112\u1161\u11ab', 'العربية', 'עברית', 'ไทย', 'हिन्दी',
  '\u202egpj.exe', '\u200b', '\u200d', '\ufeff', '\u00a0', '\u2028', '\u2029', '\ufffd', '\uffff', '\ue000', '\ud7ff', '😀', '👨‍👩‍👧‍👦', '🇩🇪', '\u{10ffff}', '\u{10000}', '\u0080', '\u009f',
  `zalgo o${'\u0334\u0335\u0336'.repeat(20)}`, 'n'.repeat(255), 'ü'.repeat(127), '😀'.repeat(63), `${'d'.repeat(250)}/${'e'.repeat(250)}/${'f'.repeat(250)}/${'g'.repeat(250)}`,
  'x/y/z/x/y/z/x/y/z', 's', 't!', 't/u', 't.v', 'file.tar.gz', 'a=b&c=d', 'http:/x', '1e999', '0x10', '2026-01-01T00:00:00Z', '.shoal', 'shoal-checkout', 'sub/.shoal-drafty'
]

/** What no version holds. */
const UNFIT = [
  '', '/', '/abs', '//', 'a//b', 'a/', '.', '..', './a', 'a/.', 'a/./b', '../a', 'a/..', 'a/../b', '../../etc/passwd', '/etc/passwd', '\\', 'a\\b', '..\\a', 'C:\\x', '\\\\server\\share',
  'a\0', '\0', 'a\nb', 'a\rb', 'a\tb', '\u001b[2J', '\u007f', 'a\u0001', '\ud800', 'a\udc00', '\ude00\ud83d', 'n'.repeat(256), 'ü'.repeat(128), '😀'.repeat(64), `${'d/'.repeat(512)}e`
]
/** Of those, what a folder of Linux can hold. */
const ON_DISK = UNFIT.filter(name => /^[^/\0]{1,200}$/.test(name) && name.isWellFormed() && Buffer.byteLength(name) < 256 && !['.', '..'].includes(name))

const code = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: unknown) => isShoalError(error) ? error.code : String(error))
async function* once(text: string): AsyncGenerator<Uint8Array> { yield await Promise.resolve(Buffer.from(text)) }

describe.skipIf(process.platform !== 'linux')('odd names', () => {
  let world: FilesWorld
  const all = Object.fromEntries(FIT.map((name, i) => [name, `${i}`]))

  beforeAll(async () => { world = await filesWorld('memory') })
  afterAll(() => world.end())

  it('L2 K4: come in from a folder and go out to one as they are', async () => {
    expect(FIT.length + UNFIT.length).toBeGreaterThan(150)
    expect(new Set(FIT).size).toBe(FIT.length)
    const source = world.path('source')
    plant(source, all)
    for (const name of ON_DISK) writeFileSync(`${source}/${name}`, 'unfit')
    const report = await world.files.import(source, PETS)
    expect(report.notices.map(({ path }) => path).sort()).toEqual([...ON_DISK].sort())
    expect(new Set(report.notices.map(({ problem }) => problem))).toEqual(new Set(['name']))
    expect(await world.held(PETS)).toEqual(all)
    expect(await world.files.import(source, PETS, { rehash: true })).toMatchObject({ added: 0, modified: 0, removed: 0, unchanged: FIT.length })
    expect(await world.files.checkout(PETS, world.path('target'))).toMatchObject({ notices: [], written: FIT.length })
    expect(harvest(world.path('target'))).toEqual(all)
  })

  it('L2: names that are no UTF-8 are reported, not bent', async () => {
    const source = world.path('bytes')
    plant(source, { fine: 'x' })
    for (const bytes of [[0xff], [0x61, 0x80], [0xc3], [0xed, 0xa0, 0x80]]) {
      writeFileSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.from(bytes)]), 'x')
      mkdirSync(Buffer.concat([Buffer.from(`${source}/d`), Buffer.from(bytes)]))
    }
    const ref = { ...PETS, name: 'bytes' }
    const report = await world.files.import(source, ref)
    expect(report.notices.map(({ problem }) => problem)).toEqual(Array.from({ length: 8 }, () => 'name'))
    expect(await world.held(ref)).toEqual({ fine: 'x' })
  })

  it('W7: are written, moved, copied and linked under, or refused with nothing changed', async () => {
    const ref = { ...PETS, name: 'edits' }
    plant(world.path('one'), { one: '1' })
    await world.files.import(world.path('one'), ref)
    for (const name of UNFIT) {
      expect([name, await code(world.files.write(ref, name, once('x')))]).toEqual([name, 'PATH_INVALID'])
      const edits = [
        { op: 'mkdir', path: name }, { op: 'remove', path: name }, { op: 'link', path: name, url: 'https://example.com/' },
        { op: 'move', from: 'one', to: name }, { op: 'copy', from: name, to: 'two' }
      ] as const
      for (const edit of edits) expect([name, edit.op, await code(world.files.edit(ref, [{ op: 'mkdir', path: 'made' }, edit]))]).toEqual([name, edit.op, 'PATH_INVALID'])
      expect([name, await code(world.files.read(ref, name))]).toEqual([name, 'PATH_INVALID'])
    }
    expect(await world.held(ref)).toEqual({ one: '1' })
    const short = FIT.filter(name => Buffer.byteLength(name) < 240 && !name.includes('/'))
    await world.files.edit(ref, short.map(name => ({ op: 'copy', from: 'one', to: `c/${name}` })))
    await world.files.edit(ref, short.map(name => ({ op: 'move', from: `c/${name}`, to: `m/${name}`, overwrite: true })))
    await world.files.edit(ref, short.map(name => ({ op: 'link', path: `l/${name}`, url: 'https://example.com/' })))
    const held = await world.held(ref)
    expect(held).toEqual({ one: '1', 'c/': '', ...Object.fromEntries(short.flatMap(name => [[`m/${name}`, '1'], [`l/${name}`, '-> https://example.com/']])) })
    for (const name of short.slice(0, 20)) await world.files.write(ref, `w/${name}`, once('w'))
    expect(await world.files.edit(ref, [{ op: 'remove', path: 'm', recursive: true }, { op: 'remove', path: 'l', recursive: true }, { op: 'remove', path: 'w', recursive: true }])).toMatchObject({ changed: 2 * short.length + 20 })
  })

  it('K4: a version never writes over what Shoal keeps in the folder, nor beside it', async () => {
    const ref = { ...PETS, name: 'own' }
    plant(world.path('one'), { one: '1' })
    await world.files.import(world.path('one'), ref)
    for (const name of ['.shoal-checkout', '.shoal-checkout.next', '.shoal-drafts/1']) await world.files.write(ref, name, once('mine'))
    const target = world.path('own')
    const report = await world.files.checkout(ref, target)
    expect(report.notices.map(({ path, problem }) => [path, problem])).toEqual(['.shoal-checkout', '.shoal-checkout.next', '.shoal-drafts/1'].map(path => [path, 'not-representable']))
    expect(harvest(target)).toEqual({ one: '1' })
    expect(readdirSync(target).sort()).toEqual(['.shoal-checkout', 'one'])
    expect(await world.files.checkout(ref, target)).toMatchObject({ written: 0, unchanged: 1 })
  })
})
