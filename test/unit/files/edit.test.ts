import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ChunkStore, createMemoryStore } from '../../../src/chunks/index.ts'
import { ShoalError, isShoalError } from '../../../src/errors/index.ts'
import { editFiles } from '../../../src/files/edit.ts'
import type { FileEdit } from '../../../src/files/index.ts'
import { emptyTree, treeEntries } from '../../../src/trees/index.ts'
import { type FilesWorld, PETS, filesWorld, plant } from './support.ts'

const codeOf = async (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: unknown) => isShoalError(error) ? error.code : String(error))

/** What edits do, on a plain map: files by path, empty folders with a slash behind. */
class Model {
  readonly held: Map<string, string>

  constructor(held: Iterable<[string, string]>) {
    this.held = new Map(held)
  }

  below(path: string): string[] { return [...this.held.keys()].filter(key => key.startsWith(`${path}/`)) }
  /** The key of what is at a path itself. */
  at(path: string): string | undefined { return this.held.has(path) ? path : this.held.has(`${path}/`) ? `${path}/` : undefined }
  isFolder(path: string): boolean { return path === '' || this.below(path).length > 0 }

  put(key: string, value: string): void {
    const path = key.replace(/\/$/, '')
    for (let above = path; above.includes('/');) {
      above = above.slice(0, above.lastIndexOf('/'))
      if (this.held.has(above)) throw new ShoalError('PATH_CLASH', above)
      this.held.delete(`${above}/`)
    }
    if (this.below(path).some(other => other !== `${path}/`)) {
      if (key.endsWith('/')) return
      throw new ShoalError('PATH_CLASH', path)
    }
    this.held.delete(`${path}/`)
    this.held.set(key, value)
  }

  keep(path: string): void {
    const above = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
    if (above !== '' && !this.isFolder(above)) this.put(`${above}/`, '')
  }

  keys(path: string): string[] {
    const keys = [...this.held.has(path) ? [path] : [], ...this.below(path)]
    if (keys.length === 0) throw new ShoalError('FILE_NOT_FOUND', path)
    return keys
  }

  apply(edit: FileEdit): void {
    switch (edit.op) {
      case 'remove': {
        const keys = this.keys(edit.path)
        if (edit.recursive !== true && keys.some(key => key.replace(/\/$/, '') !== edit.path)) throw new ShoalError('PATH_CLASH', edit.path)
        for (const key of keys) this.held.delete(key)
        return this.keep(edit.path)
      }
      case 'mkdir':
        if (this.held.has(edit.path)) throw new ShoalError('PATH_EXISTS', edit.path)
        return this.isFolder(edit.path) ? undefined : this.put(`${edit.path}/`, '')
      case 'link':
        if (this.held.has(edit.path) && !this.held.get(edit.path)?.startsWith('-> ')) throw new ShoalError('PATH_EXISTS', edit.path)
        return this.put(edit.path, `-> ${edit.url}`)
      case 'move': case 'copy': {
        const { from, to, overwrite } = edit
        const keys = this.keys(from)
        if (from === to) return
        if (to.startsWith(`${from}/`)) throw new ShoalError('PATH_CLASH', from)
        if (this.below(to).some(key => key !== `${to}/`)) throw new ShoalError('PATH_EXISTS', to)
        if (this.held.has(to) && overwrite !== true) throw new ShoalError('PATH_EXISTS', to)
        this.held.delete(to)
        this.held.delete(`${to}/`)
        for (const key of keys) this.put(to + key.slice(from.length), this.held.get(key) ?? '')
        if (edit.op === 'copy') return
        for (const key of keys) this.held.delete(key)
        this.keep(from)
      }
    }
  }
}

/** A store that notes each call of it. */
function counted(store: ChunkStore): { store: ChunkStore, calls: string[] } {
  const calls: string[] = []
  const note = (target: ChunkStore, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name, target)
    if (typeof value !== 'function') return value
    return (...args: unknown[]): unknown => {
      calls.push(String(name))
      return Reflect.apply(value, target, args) as unknown
    }
  }
  return { store: new Proxy(store, { get: note }), calls }
}

const path = fc.constantFrom('a', 'b', 'a/b', 'a/b/c', 'a/d', 'b/c', 'c', 'a!', 'c/a/b')
const edit: fc.Arbitrary<FileEdit> = fc.oneof(
  fc.record({ op: fc.constant('remove' as const), path, recursive: fc.boolean() }),
  fc.record({ op: fc.constant('mkdir' as const), path }),
  fc.record({ op: fc.constantFrom('move' as const, 'copy' as const), from: path, to: path, overwrite: fc.boolean() }),
  fc.record({ op: fc.constant('link' as const), path, url: fc.constantFrom('https://example.org/1', 'http://example.org/2') })
)

describe('edits of a draft', () => {
  let world: FilesWorld
  const START = { 'a/b/c': '1', 'a/d': '2', 'b': 'x:3', 'c/': '' }
  beforeAll(async () => { world = await filesWorld() })
  afterAll(() => world.end())
  beforeEach(async () => {
    plant(world.path('source'), START)
    await world.files.import(world.path('source'), PETS)
  })

  it('L2: remove, move, copy and make folders, and put links', async () => {
    expect(await world.files.edit(PETS, [
      { op: 'move', from: 'a/b/c', to: 'a/e/f' }, { op: 'copy', from: 'a', to: 'z' }, { op: 'remove', path: 'b' }, { op: 'mkdir', path: 'new/er' },
      { op: 'link', path: 'far', url: 'https://example.org/?q=ü', size: 3, hash: `blake3:${'0'.repeat(64)}` }
    ])).toEqual({ changed: 1 + 3 + 1 + 1 + 1 })
    expect(await world.held(PETS)).toEqual({
      'a/b/': '', 'a/d': '2', 'a/e/f': '1', 'c/': '', 'far': '-> https://example.org/?q=ü', 'new/er/': '', 'z/b/': '', 'z/d': '2', 'z/e/f': '1'
    })
    expect(await world.files.stat(PETS, 'far')).toMatchObject({ kind: 'link', size: 3 })
  })

  it('all or none', async () => {
    const tree = await world.datasets.tree(world.datasets.resolve(PETS).version)
    expect(await codeOf(world.files.edit(PETS, [{ op: 'remove', path: 'b' }, { op: 'mkdir', path: 'x' }, { op: 'remove', path: 'none' }]))).toBe('FILE_NOT_FOUND')
    expect(await codeOf(world.files.edit(PETS, [{ op: 'remove', path: 'a', recursive: true }, { op: 'mkdir', path: 'b/below' }]))).toBe('PATH_CLASH')
    expect(await world.datasets.tree(world.datasets.resolve(PETS).version)).toEqual(tree)
  })

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'ftp://example.org', '//example.org', 'example.org', '', 'https://', 'https://a b/', 'https://example.org/\n', `https://example.org/${'x'.repeat(8200)}`])('W7: refuse the address %s', async url => {
    expect(await codeOf(world.files.edit(PETS, [{ op: 'link', path: 'far', url }]))).toBe('FIELD_INVALID')
  })

  it('L3: of what is published are refused', async () => {
    const ref = { namespace: 'vision', name: 'sealed' }
    await world.files.import(world.path('source'), ref)
    await world.datasets.publish(ref)
    const sealed = { ...ref, version: '1.0.0' }
    for (const op of ['remove', 'mkdir'] as const) expect(await codeOf(world.files.edit(sealed, [{ op, path: 'b' }]))).toBe('VERSION_PUBLISHED')
    expect(await codeOf(world.files.write(sealed, 'b', (async function* () { yield new Uint8Array() })()))).toBe('VERSION_PUBLISHED')
  })

  it('many at once in one go', async () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`many/${i % 10}/${i}`, '']))
    plant(world.path('many'), many)
    await world.files.import(world.path('many'), PETS)
    const { chunks } = await world.store.stats()
    const start = performance.now()
    await world.files.edit(PETS, Object.keys(many).filter((_, i) => i % 2 === 0).map(path => ({ op: 'remove', path })))
    expect((await world.store.stats()).chunks - chunks).toBeLessThan(60)
    expect(performance.now() - start).toBeLessThan(5000)
    await world.files.edit(PETS, [{ op: 'move', from: 'many', to: 'moved/here' }])
    expect(Object.keys(await world.held(PETS)).filter(path => path.startsWith('moved/here/') && !path.endsWith('/'))).toHaveLength(1000)
  })

  it('many that overwrite, one on what the one before left, go into the tree together', async () => {
    const COUNT = 1_000
    const path = (i: number): string => `folder-${i % 7}/item-${i}`
    const { store, calls } = counted(createMemoryStore())
    const typed = { strictTypes: false, type: 'image', format: 'csv' } as const
    const links = Array.from({ length: COUNT }, (_, i): FileEdit => ({ op: 'link', path: path(i), url: `https://example.org/${i}` }))
    const { root } = await editFiles(store, await emptyTree(store), links, typed)
    calls.length = 0
    const moves = Array.from({ length: COUNT - 1 }, (_, i): FileEdit => ({ op: 'move', from: path(i + 1), to: path(i), overwrite: true }))
    const { root: moved } = await editFiles(store, root, moves, typed)
    // Before the tree is written once, its nodes (some 128 entries each) are read once.
    expect(calls.length).toBeLessThan(COUNT / 10)
    const left: string[] = []
    for await (const entry of treeEntries(store, moved)) if (entry.kind === 'link') left.push(`${entry.path} ${entry.url}`)
    expect(left.sort()).toEqual(Array.from({ length: COUNT - 1 }, (_, i) => `${path(i)} https://example.org/${i + 1}`).sort())
  })

  it('do what they do on a plain map', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.array(edit, { minLength: 1, maxLength: 6 }), { maxLength: 4 }), async groups => {
      // An import keeps links, and refuses a folder in the place of one: none are left from before.
      const links = Object.entries(await world.held(PETS)).filter(([, value]) => value.startsWith('-> ')).map(([path]): FileEdit => ({ op: 'remove', path }))
      if (links.length > 0) await world.files.edit(PETS, links)
      await world.files.import(world.path('source'), PETS)
      let model = new Model(Object.entries(START))
      for (const group of groups) {
        const next = new Model(model.held)
        let expected = 'done'
        try {
          for (const one of group) next.apply(one)
          model = next
        } catch (error) {
          expected = isShoalError(error) ? error.code : String(error)
        }
        const outcome = await codeOf(world.files.edit(PETS, group))
        // Of several edits that can't be, any may be named.
        expect(outcome === 'done' || group.length === 1 ? outcome : 'refused').toBe(expected === 'done' || group.length === 1 ? expected : 'refused')
        expect(await world.held(PETS)).toEqual(Object.fromEntries(model.held))
      }
    }), { numRuns: 300 })
  }, 30_000)
})
