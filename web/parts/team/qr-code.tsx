import { encode } from 'uqr'

/** A text as a picture phones read: black on white in both themes, because readers expect that. */
export function QrCode({ text, label }: { text: string, label: string }) {
  const { size, data } = encode(text, { ecc: 'L', border: 3 })
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => dark ? [`M${x} ${y}h1v1h-1z`] : [])).join('')
  return <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges"><rect width={size} height={size} fill="#fff" /><path d={path} fill="#000" /></svg>
}
