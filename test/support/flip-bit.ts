import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Flips a bit of some bytes wherever a store's files hold them, as a failing disk does. The store must be closed, and the bytes such that no compressor changes them. */
export async function flipBit(store: string, sought: Uint8Array): Promise<void> {
  let flipped = 0
  for (const item of await readdir(store, { recursive: true, withFileTypes: true })) {
    if (!item.isFile()) continue
    const path = join(item.parentPath, item.name)
    const bytes = await readFile(path)
    const at = bytes.indexOf(sought)
    if (at < 0) continue
    bytes[at] = (bytes[at] ?? 0) ^ 4
    await writeFile(path, bytes)
    flipped++
  }
  if (flipped === 0) throw new Error('no file of the store holds these bytes')
}
