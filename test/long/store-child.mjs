/**
 * A process that works on a store until it is killed. It tells each step on its stdout, before and after; what it says to be safe is kept by
 * whoever started it, outside the store. Arguments: the folder of the store, `put` or `sweep`, a seed.
 */
import { openLevelStore, blake3 } from '../../dist/chunks/index.js'

const [folder, mode, seed] = process.argv.slice(2)
const LIMITS = { bufferBytes: 512 * 1024, lookBytes: 300_000, checkpointBytes: 1_000_000, floorBytes: 0, ballastBytes: 0 }

export const inventChunk = id => {
  const bytes = new Uint8Array(500 + (id * 7919) % 40_000)
  let x = id | 0
  for (let i = 0; i < bytes.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    bytes[i] = x >>> 24
  }
  return { hash: blake3(bytes), bytes }
}

const tell = (what, ids = []) => process.stdout.write(`${what} ${ids.join(',')}\n`)
const store = await openLevelStore({ folder, limits: LIMITS })
const range = (from, count) => Array.from({ length: count }, (_, i) => from + i)

async function put(ids) {
  tell('putting', ids)
  await store.putMany(ids.map(inventChunk))
  await store.barrier()
  tell('safe', ids)
}

if (mode === 'put') {
  // Two at a time, of many sizes, so that synced batches, flushes and checkpoints all happen.
  await Promise.all([1, 2].map(async lane => {
    for (let from = Number(seed) + lane * 1_000_000, round = lane; ; round++) {
      const count = [3, 40, 1, 15][round % 4]
      await put(range(from, count))
      from += count
    }
  }))
}
if (mode === 'sweep') {
  const live = range(Number(seed), 30)
  await put(live)
  for (let from = Number(seed) + 1000; ; from += 200) {
    const dead = range(from, 120)
    await store.putMany(dead.map(inventChunk))
    const token = await store.beginSweep()
    tell('sweeping', dead)
    const sweeping = store.sweep(token, { hashes: Buffer.concat(live.map(id => inventChunk(id).hash)) })
    // Some are put again, some anew, while they are being swept.
    const kept = [...dead.slice(0, 10), ...range(from + 150, 10)]
    await put(kept)
    await sweeping
    tell('swept', dead.slice(10))
    live.push(...kept)
  }
}
