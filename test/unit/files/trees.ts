import fc from 'fast-check'
import type { Tree } from './support.ts'

const plain = fc.constantFrom('a', 'b', 'B', 'c', 'a!', 'a b', 'x.csv', 'data', '0', '-', '_')
const odd = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 })
  .map(name => name.replaceAll(/\p{Cc}|[/\\]/gu, '_').toWellFormed()).filter(name => name !== '.' && name !== '..' && !name.startsWith('.shoal-'))
const name = fc.oneof({ arbitrary: plain, weight: 4 }, { arbitrary: odd, weight: 1 })
const text = fc.oneof(fc.constant(''), fc.constantFrom('one', 'two', 'three'), fc.string({ maxLength: 30 }).map(value => Buffer.from(value, 'latin1').toString('latin1')).filter(value => !value.startsWith('x:')))
const content = fc.tuple(fc.boolean(), text).map(([executable, value]) => executable ? `x:${value}` : value)

interface Folder { readonly [name: string]: string | Folder }
const { folder } = fc.letrec<{ folder: Folder, node: string | Folder }>(tie => ({
  node: fc.oneof({ maxDepth: 3, withCrossShrink: true }, content, tie('folder')),
  folder: fc.dictionary(name, tie('node'), { maxKeys: 5 })
}))

/** Invented folders: unicode names, empty files and folders, executable files, names that are other files' folders elsewhere. */
export const invented: fc.Arbitrary<Tree> = folder.map(top => Object.fromEntries(flat(top, '')))

function flat(top: Folder, path: string): [string, string][] {
  return Object.entries(top).flatMap(([key, value]): [string, string][] => {
    const below = path + key
    if (typeof value === 'string') return [[below, value]]
    return Object.keys(value).length === 0 ? [[`${below}/`, '']] : flat(value, `${below}/`)
  })
}
