/** CRC-32C as LevelDB's tables carry it; eight bytes a step, some 700 MB/s. */

const POLYNOMIAL = 0x82f63b78

/** Eight tables of 256: number k has the CRC of a byte with k zero bytes behind it. */
const TABLES = makeTables()

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : POLYNOMIAL)
    tables[byte] = crc
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!
    tables[i] = (before >>> 8) ^ tables[before & 255]!
  }
  return tables
}

/** The CRC-32C of bytes, as a signed 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  const t = TABLES
  let crc = -1
  let i = 0
  for (const end = bytes.length - 7; i < end; i += 8) {
    crc = t[1792 + ((crc ^ bytes[i]!) & 255)]! ^ t[1536 + (((crc >>> 8) ^ bytes[i + 1]!) & 255)]! ^
      t[1280 + (((crc >>> 16) ^ bytes[i + 2]!) & 255)]! ^ t[1024 + ((crc >>> 24) ^ bytes[i + 3]!)]! ^
      t[768 + bytes[i + 4]!]! ^ t[512 + bytes[i + 5]!]! ^ t[256 + bytes[i + 6]!]! ^ t[bytes[i + 7]!]!
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 255]!
  return ~crc
}

/** LevelDB stores a CRC turned and shifted, because CRCs of bytes that hold CRCs are weak. */
export const unmaskCrc = (masked: number): number => {
  const turned = (masked - 0xa282ead8) | 0
  return (turned >>> 17) | (turned << 15)
}
