import { crc32, deflateSync } from 'node:zlib'

/** Writes PNG pictures: eight bits a channel, RGB, no interlacing. */

export interface Picture {
  readonly width: number
  readonly height: number
  /** Red, green, blue of each pixel, row by row. */
  readonly rgb: Uint8Array
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** Colour type of RGB in a PNG header. */
const TRUECOLOUR = 2
/** Each byte as its difference to the one above it: soft gradients become long runs of small numbers. */
const FILTER_UP = 2

export function encodePng({ width, height, rgb }: Picture): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, TRUECOLOUR, 0, 0, 0], 8)
  return Buffer.concat([SIGNATURE, block('IHDR', header), block('IDAT', deflateSync(filtered(width, height, rgb))), block('IEND', Buffer.alloc(0))])
}

function filtered(width: number, height: number, rgb: Uint8Array): Uint8Array {
  const stride = width * 3
  const lines = new Uint8Array((stride + 1) * height)
  for (let y = 0; y < height; y++) {
    const line = y * (stride + 1)
    lines[line] = FILTER_UP
    for (let i = 0; i < stride; i++) {
      const above = y === 0 ? 0 : rgb[(y - 1) * stride + i] ?? 0
      lines[line + 1 + i] = (rgb[y * stride + i] ?? 0) - above
    }
  }
  return lines
}

function block(kind: string, content: Uint8Array): Uint8Array {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), content])
  const framed = Buffer.alloc(named.length + 8)
  framed.writeUInt32BE(content.length, 0)
  framed.set(named, 4)
  framed.writeUInt32BE(crc32(named), named.length + 4)
  return framed
}
