/** Bytes as numbers, sixteen a line, with what they are as letters. */

const PER_LINE = 16

export function HexRows({ bytes }: { bytes: Uint8Array }) {
  return <pre className="hex-preview" tabIndex={0} aria-label="Bytes of the file">{Array.from({ length: Math.ceil(bytes.length / PER_LINE) }, (_, i) => line(bytes, i * PER_LINE)).join('\n')}</pre>
}

function line(bytes: Uint8Array, from: number): string {
  const part = [...bytes.subarray(from, from + PER_LINE)]
  const numbers = part.map(byte => byte.toString(16).padStart(2, '0'))
  const halves = `${numbers.slice(0, 8).join(' ').padEnd(23)}  ${numbers.slice(8).join(' ').padEnd(23)}`
  return `${from.toString(16).padStart(8, '0')}  ${halves}  ${part.map(byte => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·').join('')}`
}
