import { counted } from './figures.ts'

/** Named amounts as bars; the numbers stand beside them. */
export function Bars({ bars, unit }: { bars: readonly { readonly name: string, readonly value: number, readonly note?: string }[], unit: string }) {
  const most = Math.max(1, ...bars.map(bar => bar.value))
  return (
    <ul className="plain bars">
      {bars.map(({ name, value, note }) => (
        <li key={name}>
          <span className="bar-name" title={name}>{name}</span>
          <svg className="bar-line" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8" className="bar-ground" /><rect width={Math.max(0.5, value / most * 100)} height="8" className="bar-value" /></svg>
          <span className="bar-value-text figure">{counted(value, unit)}{note === undefined ? '' : <span className="muted"> {note}</span>}</span>
        </li>
      ))}
    </ul>
  )
}
