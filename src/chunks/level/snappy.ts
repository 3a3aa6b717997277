import { fail } from '../../errors/index.ts'

/** Takes a block out of the Snappy format. @throws FORMAT_INVALID */
export function unsnappy(packed: Uint8Array): Buffer {
  let at = 0
  const byte = (): number => packed[at++] ?? fail('FORMAT_INVALID', 'a compressed block ends too early')
  const little = (bytes: number): number => {
    let value = 0
    for (let i = 0; i < bytes; i++) value += byte() * 256 ** i
    return value
  }
  let length = 0
  for (let factor = 1, more = true; more; factor *= 128) {
    const part = byte()
    length += (part & 127) * factor
    more = part > 127
  }
  if (length > 2 ** 30) fail('FORMAT_INVALID', `a compressed block says that it is ${length} bytes long`)
  const out = Buffer.alloc(length)
  let filled = 0
  while (at < packed.length) {
    const tag = byte()
    const kind = tag & 3
    if (kind === 0) {
      const size = 1 + (tag < 240 ? tag >> 2 : little((tag >> 2) - 59))
      if (at + size > packed.length || filled + size > length) fail('FORMAT_INVALID', 'a compressed block is broken')
      out.set(packed.subarray(at, at + size), filled)
      at += size
      filled += size
      continue
    }
    const size = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const distance = kind === 1 ? (tag >> 5) * 256 + byte() : little(kind === 2 ? 2 : 4)
    if (distance === 0 || distance > filled || filled + size > length) fail('FORMAT_INVALID', 'a compressed block is broken')
    // Byte by byte: what is copied may be what this copy has just written.
    for (let i = 0; i < size; i++, filled++) out[filled] = out[filled - distance]!
  }
  if (filled !== length) fail('FORMAT_INVALID', 'a compressed block is broken')
  return out
}
