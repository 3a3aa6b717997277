// The benchmark's data, generated from a seed: the same bytes on every machine.
import { createCipheriv } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes that no compressor shrinks: an AES-CTR key stream. */
export function noise(seed, length) {
  const key = Buffer.alloc(16)
  key.writeUInt32LE(seed >>> 0)
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
  return cipher.update(Buffer.alloc(length))
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function numbers(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const whole = (next, low, high) => low + Math.floor(next() * (high - low))

const WORDS = 'alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra tango'.split(' ')

function row(next, id) {
  const time = new Date(1.6e12 + id * 61_000).toISOString()
  return `${id},${time},sensor-${whole(next, 0, 500)},${WORDS[whole(next, 0, 20)]},${(next() * 100).toFixed(4)},${(next() * 1000).toFixed(3)},${whole(next, 0, 2) === 1}\n`
}

const fileName = i => join(`part-${String(Math.floor(i / 100)).padStart(4, '0')}`, `item-${String(i).padStart(6, '0')}`)

function writeUnder(folder, name, bytes) {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, bytes)
}

function record(next, id) {
  let text = `{"id":${id},"labels":[`
  const length = whole(next, 1024, 4096)
  while (text.length < length) text += `"${WORDS[whole(next, 0, 20)]}-${whole(next, 0, 1e6)}",`
  return `${text.slice(0, length - 4)}"]}`
}

/** Each work: how its first version is made, and how the second differs. `scale` shrinks it for a quick look. */
export const WORKS = {
  pictures: {
    title: '10,000 incompressible files of ~100 KiB (1 GiB)',
    create: (folder, scale) => manyFiles(folder, 10_000 * scale, 11, (next, i) => noise(i + 1, whole(next, 80_000, 125_000))),
    change: (folder, scale) => changeFiles(folder, 10_000 * scale, 12, (next, i) => noise(1e6 + i, whole(next, 80_000, 125_000)))
  },
  single: {
    title: 'one incompressible file of 1 GiB',
    create: (folder, scale) => {
      const file = openSync(join(folder, 'data.bin'), 'w')
      for (let i = 0; i < 64 * scale; i++) writeSync(file, noise(2e6 + i, 16 << 20))
      closeSync(file)
    },
    change: folder => editSingle(join(folder, 'data.bin'))
  },
  records: {
    title: '100,000 files of 1-4 KiB (244 MiB)',
    create: (folder, scale) => manyFiles(folder, 100_000 * scale, 31, record),
    change: (folder, scale) => changeFiles(folder, 100_000 * scale, 32, record)
  },
  tables: {
    title: '1 GiB of CSV in 8 files',
    create: (folder, scale) => {
      for (let i = 0; i < 8; i++) writeTable(join(folder, `table-${i}.csv`), 40 + i, 128 * scale << 20)
    },
    change: (folder, scale) => {
      for (let i = 0; i < 8; i++) insertRows(join(folder, `table-${i}.csv`), 50 + i, 1000 * scale)
    }
  }
}

function manyFiles(folder, count, seed, content) {
  const next = numbers(seed)
  for (let i = 0; i < count; i++) writeUnder(folder, fileName(i), content(next, i))
}

/** 1 % of the files get new content, as many new ones come. */
function changeFiles(folder, count, seed, content) {
  const next = numbers(seed)
  for (let i = 0; i < count / 100; i++) {
    writeUnder(folder, fileName(whole(next, 0, count)), content(next, i))
    writeUnder(folder, fileName(count + i), content(next, count + i))
  }
}

/** 64 KiB come in at one place, 20 stretches of 4 KiB are overwritten. */
function editSingle(path) {
  const next = numbers(21)
  const before = readFileSync(path)
  const at = whole(next, 0, before.length)
  const after = Buffer.concat([before.subarray(0, at), noise(3e6, 64 << 10), before.subarray(at)])
  for (let i = 0; i < 20; i++) noise(4e6 + i, 4096).copy(after, whole(next, 0, after.length - 4096))
  writeFileSync(path, after)
}

function writeTable(path, seed, bytes) {
  const next = numbers(seed)
  const file = openSync(path, 'w')
  writeSync(file, 'id,time,sensor,kind,level,pressure,valid\n')
  for (let written = 0, id = 0; written < bytes;) {
    let block = ''
    while (block.length < 1 << 20) block += row(next, id++)
    written += writeSync(file, block)
  }
  closeSync(file)
}

function insertRows(path, seed, count) {
  const next = numbers(seed)
  const before = readFileSync(path)
  const places = Array.from({ length: count }, () => before.indexOf(10, whole(next, 0, before.length - 200)) + 1).sort((a, b) => a - b)
  const file = openSync(path, 'w')
  let from = 0
  for (const place of places) {
    writeSync(file, before, from, place - from)
    writeSync(file, row(next, whole(next, 0, 1e9)))
    from = place
  }
  writeSync(file, before, from, before.length - from)
  closeSync(file)
}

export function fresh(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}
