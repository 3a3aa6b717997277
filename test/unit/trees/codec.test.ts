import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../../src/chunks/index.ts'
import { isShoalError } from '../../../src/errors/index.ts'
import { checkPath, compareHashes, comparePaths, type DeviceId } from '../../../src/model/index.ts'
import { childrenOf, getEntry, reachable, writeTree, type Commit } from '../../../src/trees/index.ts'
import { ByteReader, ByteSink } from '../../../src/trees/bytes.ts'
import { decodeCommit, encodeCommit } from '../../../src/trees/commit-codec.ts'
import { decodeEntry, encodeEntry } from '../../../src/trees/entry-codec.ts'
import { compareKeys, encodeKey, isPlainKey, sharedLength } from '../../../src/trees/key.ts'
import { decodeListNode, listHash, ListWriter } from '../../../src/trees/list-node.ts'
import { encodeNode, itemOf, NodeWriter, type WrittenNode } from '../../../src/trees/node-writer.ts'
import { decodeTreeNode } from '../../../src/trees/tree-node.ts'
import { POOLS, anyModel, begins, countingStore, entryAt, fileEntry, hashOf, heavyLink, hex, rootOf } from './model.ts'

/** Decodes and encodes again; undefined when the bytes are refused as they should be. */
function again(bytes: Uint8Array): Uint8Array | undefined {
  try {
    if (bytes[0] === 0x43) return encodeCommit(decodeCommit(bytes))
    return bytes[0] === 0x4c ? listAgain(bytes) : treeAgain(bytes)
  } catch (error) {
    if (!isShoalError(error, 'FORMAT_INVALID')) throw error
    return undefined
  }
}

function treeAgain(bytes: Uint8Array): Uint8Array {
  const node = decodeTreeNode(bytes)
  if (node.count === 0) return encodeNode(0, 0, new Uint8Array(0))
  const made: Uint8Array[] = []
  const writer = new NodeWriter(node.level, written => made.push(written.bytes))
  for (let i = 0; i < node.count; i++) {
    const { key, body } = node.item(i)
    writer.add({ key, body: node.level === 0 ? encodeEntry(decodeEntry(node.path(i), body)) : body })
  }
  writer.finish()
  return Buffer.concat(made)
}

function listAgain(bytes: Uint8Array): Uint8Array {
  const node = decodeListNode(bytes)
  const made: Uint8Array[] = []
  const writer = new ListWriter(node.level, chunk => made.push(chunk.bytes))
  node.sizes.forEach((size, i) => writer.add(listHash(node, i), size))
  writer.finish()
  return Buffer.concat(made)
}

/** All nodes of a tree. */
async function nodesOf(entries: Parameters<typeof rootOf>[1]): Promise<Uint8Array[]> {
  const store = createMemoryStore()
  const root = await rootOf(store, entries)
  const hashes: Uint8Array[] = []
  await reachable(store, [root], (hash, kind) => { if (kind === 'node') hashes.push(hash) }, { missing: () => {} })
  return (await store.getMany(hashes)) as Uint8Array[]
}

const anyCommit: fc.Arbitrary<Commit> = fc.record({
  tree: fc.nat().map(n => hashOf(`tree ${n}`)), parents: fc.uniqueArray(fc.nat(50), { maxLength: 5 }).map(ns => ns.map(n => hashOf(`${n}`)).sort(compareHashes)),
  by: fc.option(fc.string({ minLength: 1, maxLength: 20 }).map(text => text as DeviceId), { nil: undefined }), at: fc.maxSafeNat(), message: fc.string({ unit: 'grapheme', maxLength: 50 }),
  settles: fc.uniqueArray(fc.constantFrom('a.txt', 'a/b', 'a (conflict x 2026-01-01).txt', 'ü', 'z'), { maxLength: 4 }).map(paths => paths.sort(comparePaths))
}).map(({ by, settles, ...rest }) => ({ ...rest, ...by === undefined ? {} : { by }, ...settles.length === 0 ? {} : { settles } }))

/** Some bytes changed, cut off, put in or doubled. */
const mutation = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), kind: fc.constantFrom('flip', 'set', 'cut', 'insert', 'drop', 'double'), value: fc.nat(255), near: fc.boolean() }), { minLength: 1, maxLength: 4 })

function mutated(bytes: Uint8Array, changes: { at: number, kind: string, value: number, near: boolean }[]): Uint8Array {
  let out = [...bytes]
  for (const { at, kind, value, near } of changes) {
    // Heads and first items are where most of the rules are.
    const i = Math.floor(at * Math.min(out.length, near ? 12 : Infinity))
    if (kind === 'flip') out[i] = (out[i] ?? 0) ^ (1 << (value % 8))
    else if (kind === 'set') out[i] = value
    else if (kind === 'cut') out = out.slice(0, i)
    else if (kind === 'insert') out.splice(i, 0, value)
    else if (kind === 'drop') out.splice(i, 1)
    else out.splice(i, 0, ...out.slice(i, i + value))
  }
  return Uint8Array.from(out)
}

const expectSame = (bytes: Uint8Array): void => {
  const back = again(bytes)
  if (back !== undefined) expect(Buffer.from(back).equals(Buffer.from(bytes)), `${Buffer.from(bytes).toString('hex').slice(0, 400)} has another form`).toBe(true)
}

describe('nodes', () => {
  it('are encoded as they were decoded', () => fc.assert(fc.asyncProperty(anyModel, async model => {
    for (const bytes of await nodesOf(model)) expect(hex(again(bytes) ?? new Uint8Array(0))).toBe(hex(bytes))
  }), { numRuns: 25 }))

  it('with anything changed are refused or another valid node, and nothing else', () => fc.assert(fc.asyncProperty(fc.array(entryAt('x'), { minLength: 1, maxLength: 6 }), fc.array(mutation, { maxLength: 40 }), async (entries, changes) => {
    const [bytes] = await nodesOf(new Map(entries.map((entry, i) => [`p/é${i % 2}/${i}`, { ...entry, path: `p/é${i % 2}/${i}` }])))
    for (const change of changes) expectSame(mutated(bytes as Uint8Array, change))
  }), { numRuns: 150 }))

  it('of every kind and level survive changes in the same way', async () => {
    const inner = (await nodesOf(new Map(Array.from({ length: 3000 }, (_, i) => fileEntry(`d${i % 7}/${i}`)).map(entry => [entry.path, entry]))))[0] as Uint8Array
    expect(inner[2]).toBe(1)
    const lists: Uint8Array[] = []
    const writer = new ListWriter(0, chunk => lists.push(chunk.bytes))
    for (let i = 0; i < 60; i++) writer.add(hashOf(`${i}`), i + 100)
    writer.finish()
    const [commit] = fc.sample(anyCommit, 1)
    await fc.assert(fc.asyncProperty(fc.constantFrom(inner, lists[0] as Uint8Array, encodeCommit(commit as Commit)), mutation, async (bytes, change) => {
      expectSame(mutated(bytes, change))
    }), { numRuns: 3000 })
  })

  it('made of random bytes are refused, quickly and as FORMAT_INVALID', () => fc.assert(fc.property(fc.constantFrom(0x54, 0x4c, 0x43, 0x00), fc.uint8Array({ maxLength: 400 }), (tag, bytes) => {
    expectSame(Uint8Array.from([tag, 1, ...bytes]))
    try {
      childrenOf(Uint8Array.from([tag, 1, ...bytes]))
    } catch (error) {
      expect(error).toMatchObject({ code: 'FORMAT_INVALID' })
    }
  }), { numRuns: 3000 }))

  it('larger than any node may be are refused unread', () => {
    for (const tag of [0x54, 0x4c, 0x43]) expect(again(Uint8Array.from([tag, 1, ...new Uint8Array(200_000)]))).toBeUndefined()
    expect(again(Uint8Array.from([0x54, 2, 0, 0]))).toBeUndefined()
    expect(again(Uint8Array.from([0x54, 1, 0, 0]))).toBeDefined()
  })

  it('commits are encoded as they were decoded', () => fc.assert(fc.property(anyCommit, commit => {
    expect(decodeCommit(encodeCommit(commit))).toEqual(commit)
  })))

  it('decode in well under a millisecond', async () => {
    const nodes = await nodesOf(new Map(Array.from({ length: 20_000 }, (_, i) => fileEntry(`train/n${i % 50}/image ${i}.jpg`)).map(entry => [entry.path, entry])))
    const times = [...nodes, ...nodes].map(bytes => {
      const start = performance.now()
      decodeTreeNode(bytes)
      return performance.now() - start
    })
    // The median: other work on the machine must not count.
    expect(times.toSorted((a, b) => a - b)[nodes.length]).toBeLessThan(0.5)
  })
})

describe('a node of another form', () => {
  const items = (paths: string[], body: (i: number) => Uint8Array): Uint8Array => {
    const sink = new ByteSink()
    for (const [i, path] of paths.entries()) {
      const key = encodeKey(path)
      const shared = i === 0 ? 0 : sharedLength(encodeKey(paths[i - 1] as string), key)
      sink.varint(shared)
      sink.varint(key.length - shared)
      sink.append(key.subarray(shared))
      sink.append(body(i))
    }
    return sink.take()
  }
  const folder = (): Uint8Array => Uint8Array.from([2])
  const child = (): Uint8Array => Uint8Array.from([...hashOf('x'), 1, 0, 0, 9])
  const leaf = (paths: string[], body = folder): Uint8Array | undefined => again(encodeNode(0, paths.length, items(paths, body)))
  const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i).padStart(5, '0'))

  it('is refused when it goes on behind a boundary, or holds too much', () => {
    const boundaries = POOLS.boundary.slice(0, 17).sort(comparePaths)
    expect(leaf(boundaries.slice(0, 16))).toBeDefined()
    expect(leaf(boundaries)).toBeUndefined()
    const quiet = POOLS.quiet.toSorted(comparePaths)
    expect(leaf(quiet.slice(0, 1024))).toBeDefined()
    expect(leaf(quiet.slice(0, 1025))).toBeUndefined()
    const link = encodeEntry(heavyLink('x'))
    expect(leaf(numbered(15), () => link)).toBeDefined()
    expect(leaf(numbered(16), () => link)).toBeDefined()
    expect(again(encodeNode(0, 17, items(numbered(17), () => link)))).toBeUndefined()
    // Few bytes that stand for many: paths count in full.
    const deep = POOLS.quiet.map(path => `${`${'x'.repeat(250)}/`.repeat(3)}${path}`).filter(path => !begins(path, 0)).sort(comparePaths)
    expect(leaf(deep.slice(0, 150))).toBeDefined()
    expect(leaf(deep.slice(0, 180))).toBeUndefined()
  })

  it('is refused for its level or a lack of items', () => {
    expect(again(encodeNode(1, 2, items(['a', 'b'], child)))).toBeDefined()
    expect(again(encodeNode(1, 0, new Uint8Array(0)))).toBeUndefined()
    expect(again(Uint8Array.from([0x54, 1, 16, 1, ...items(['a'], child)]))).toBeUndefined()
    expect(again(encodeNode(1, 1, items(['a'], () => Uint8Array.from([...hashOf('x'), 0, 0, 0, 9]))))).toBeUndefined()
  })

  it('is refused for disorder and for what lies inside a file', () => {
    expect(leaf(['a', 'b'])).toBeDefined()
    for (const paths of [['b', 'a'], ['a', 'a/b'], ['a', 'b', 'ab'], ['a-b', 'a/b']]) expect(leaf(paths)).toBeUndefined()
    expect(leaf(['a', 'a-b', 'ab/c'])).toBeDefined()
  })

  it('of chunks is refused when it goes on behind a boundary', () => {
    const list = (count: number, boundary: number): Uint8Array => {
      const sink = new ByteSink()
      for (const value of [0x4c, 1, 0, count]) sink.varint(value)
      for (let i = 0; i < count; i++) {
        sink.append(new Uint8Array(32).fill(i === boundary ? 0 : 1))
        sink.varint(5)
      }
      return sink.take()
    }
    expect(again(list(40, 10))).toBeDefined()
    expect(again(list(40, 32))).toBeUndefined()
    expect(again(list(0, 1))).toBeUndefined()
  })
})

describe('numbers', () => {
  it('have one form', () => fc.assert(fc.property(fc.maxSafeNat(), number => {
    const sink = new ByteSink()
    sink.varint(number)
    const bytes = sink.take()
    expect(new ByteReader(bytes).varint()).toBe(number)
    expect(() => new ByteReader(Uint8Array.from([...bytes.slice(0, -1), (bytes.at(-1) ?? 0) | 128, 0])).varint()).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
  })))

  it('end at 2^53', () => {
    for (const bytes of [[128, 128, 128, 128, 128, 128, 128, 16], [255, 255, 255, 255, 255, 255, 255, 127], [255, 255, 255, 255, 255, 255, 255, 255, 1]]) {
      expect(() => new ByteReader(Uint8Array.from(bytes)).varint()).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
    }
    expect(new ByteReader(Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 15])).varint()).toBe(Number.MAX_SAFE_INTEGER)
  })
})

const anyText = fc.oneof(fc.string({ unit: fc.constantFrom('a', 'b', '.', '/', '\\', ' ', 'é', '𝒳', '\ud800', '\u0001', '\u007f', '\u0080', '…'), maxLength: 12 }), fc.constantFrom('x'.repeat(255), 'x'.repeat(256), `${'abc/'.repeat(255)}abcd`, `${'abc/'.repeat(255)}abcde`, 'é'.repeat(127), 'é'.repeat(128)))

describe('paths in nodes', () => {
  it('are valid where checkPath says so, and nowhere else', () => fc.assert(fc.property(anyText, path => {
    let valid = true
    try {
      checkPath(path)
    } catch {
      valid = false
    }
    if (isPlainKey(encodeKey(path))) expect(valid).toBe(true)
    if (!path.isWellFormed()) return
    const sink = new ByteSink()
    sink.varint(0)
    sink.text(path)
    sink.append(encodeEntry({ kind: 'folder', path }))
    expect(again(encodeNode(0, 1, sink.take())) !== undefined).toBe(valid)
  }), { numRuns: 1000 }))

  it('that are not UTF-8 are refused', () => {
    for (const bytes of [[0xc3], [0xff], [0x61, 0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf5, 0x80, 0x80, 0x80]]) {
      expect(again(encodeNode(0, 1, Uint8Array.from([0, bytes.length, ...bytes, 2])))).toBeUndefined()
    }
  })

  it('come in the order of comparePaths', () => fc.assert(fc.property(anyText, anyText, (a, b) => {
    fc.pre(a.isWellFormed() && b.isWellFormed() && !`${a}${b}`.includes('\u0001'))
    expect(Math.sign(compareKeys(encodeKey(a), encodeKey(b)))).toBe(Math.sign(comparePaths(a, b)))
  }), { numRuns: 1000 }))
})

describe('a tree from someone else', () => {
  it('is refused where a node is not what its parent says', async () => {
    const store = countingStore()
    const entries = Array.from({ length: 600 }, (_, i) => fileEntry(`f${String(i).padStart(4, '0')}`, i))
    const { root } = await writeTree(store, entries)
    const [top] = await store.getMany([root])
    const parent = decodeTreeNode(top as Uint8Array)
    expect(parent.count).toBeGreaterThan(2)
    const forge = async (change: (index: number, body: Uint8Array) => Uint8Array): Promise<Uint8Array> => {
      const made: { hash: Uint8Array, bytes: Uint8Array }[] = []
      const writer = new NodeWriter(1, node => made.push(node))
      for (let i = 0; i < parent.count; i++) writer.add({ key: parent.key(i), body: change(i, parent.body(i)) })
      writer.finish()
      await store.putMany(made)
      return made[0]?.hash as Uint8Array
    }
    const bad = [
      await forge((i, body) => i === 1 ? parent.body(0) : body),
      await forge((i, body) => i === 1 ? Uint8Array.from([...body.slice(0, -1), ((body.at(-1) ?? 0) % 100) + 1]) : body),
      await forge((i, body) => i === 1 ? Uint8Array.from([...root, ...body.slice(32)]) : body)
    ]
    // A leaf that reaches into the next, and one that ends in a file which the next has content of.
    for (const [last, first] of [['z', 'm'], ['m', 'm/x']] as const) {
      const made: WrittenNode[] = []
      const names = [...Array.from({ length: 20 }, (_, i) => `a${i}`).sort(comparePaths), last]
      for (const paths of [names, [first]]) {
        const leaf = new NodeWriter(0, node => made.push(node))
        for (const path of paths) leaf.add({ key: encodeKey(path), body: encodeEntry(fileEntry(path)) })
        leaf.finish()
      }
      const above = new NodeWriter(1, node => made.push(node))
      for (const node of made.slice()) above.add(itemOf(node))
      above.finish()
      await store.putMany(made)
      await expect(getEntry(store, (made[2] as WrittenNode).hash, 'a3')).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
    }
    for (const forged of bad) await expect(getEntry(store, forged, parent.path(1))).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
    expect(await getEntry(store, await forge((_, body) => body), 'f0300')).toEqual(fileEntry('f0300', 300))
  })
})
