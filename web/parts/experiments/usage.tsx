import { useQuery } from '@tanstack/react-query'
import { usageQuery } from '../../api/version-queries.ts'
import type { DatasetRef, UsageItem } from '../../api/types.ts'
import { showBytes, showCount } from '../figures.ts'
import { useQueryState } from '../query-state.ts'
import { Loaded } from '../states.tsx'
import { daysOf, spansOf, type Span } from './days.ts'

/** K8: reads, downloads and experiments over time: a small chart each, over the same days; the same as a table. */

const REACHES = [30, 90, 365] as const
const SERIES = [
  { key: 'downloads', name: 'Downloads', note: 'whole archives, from this node' },
  { key: 'reads', name: 'Reads', note: 'single files, from this node' },
  { key: 'experiments', name: 'Experiments', note: 'started, by the whole team' }
] as const

/** @property version by its id; undefined: of the whole dataset */
export function Usage({ of, version }: { of: DatasetRef, version: string | undefined }) {
  const [params, change] = useQueryState()
  const reach = REACHES.find(days => String(days) === params.get('days')) ?? REACHES[0]
  const query = useQuery(usageQuery(of, version, reach))
  return (
    <div className="usage">
      <div className="segments" role="group" aria-label="Days shown">
        {REACHES.map(days => <button key={days} type="button" className="button is-small is-quiet" aria-pressed={days === reach} onClick={() => change({ days: days === REACHES[0] ? undefined : String(days) }, { replace: true })}>{days} days</button>)}
      </div>
      <Loaded query={query} rows={3}>{usage => <Charts usage={usage} reach={reach} />}</Loaded>
    </div>
  )
}

function Charts({ usage, reach }: { usage: UsageItem, reach: number }) {
  if (usage.days.length === 0) return <p className="muted">Nobody has used it in the last {reach} days.</p>
  const spans = spansOf(daysOf(usage.days, reach, Date.now()))
  return (
    <>
      <div className="usage-charts">
        {SERIES.map(({ key, name, note }) => (
          <figure key={key} className="usage-chart">
            <figcaption><span>{name}</span><strong className="figure">{showCount(usage.total[key])}</strong><small className="muted">{key === 'downloads' && usage.total.bytes > 0 ? `${showBytes(usage.total.bytes)} · ` : ''}{note}</small></figcaption>
            <Columns spans={spans} name={name} value={span => span[key]} />
          </figure>
        ))}
      </div>
      <details>
        <summary className="muted">As a table</summary>
        <div className="usage-table" tabIndex={0} role="region" aria-label="Use by day">
          <table className="rows">
            <thead><tr><th scope="col">Day (UTC)</th>{SERIES.map(({ key, name }) => <th key={key} scope="col" className="figure">{name}</th>)}<th scope="col" className="figure">Sent</th></tr></thead>
            <tbody>{usage.days.toReversed().map(day => <tr key={day.day}><th scope="row">{day.day}</th>{SERIES.map(({ key }) => <td key={key} className="figure">{showCount(day[key])}</td>)}<td className="figure">{showBytes(day.bytes)}</td></tr>)}</tbody>
          </table>
        </div>
      </details>
    </>
  )
}

/** Width of a column and what lies between two; height of the highest. Units of the drawing. */
const [COLUMN, GAP, HEIGHT] = [8, 2, 60]

function Columns({ spans, name, value }: { spans: readonly Span[], name: string, value: (span: Span) => number }) {
  const most = Math.max(1, ...spans.map(value))
  const peak = spans.find(span => value(span) === most && value(span) > 0)
  const text = peak === undefined ? `${name}: none` : `${name}: at most ${showCount(most)}, ${peak.text}`
  return (
    <>
      <svg className="usage-columns" viewBox={`0 0 ${spans.length * (COLUMN + GAP)} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={text}>
        <rect className="usage-ground" y={HEIGHT - 0.75} width={spans.length * (COLUMN + GAP)} height="0.75" />
        {spans.map((span, i) => value(span) > 0 && <rect key={span.from} className="bar-value" x={i * (COLUMN + GAP)} y={HEIGHT - Math.max(2, value(span) / most * HEIGHT)} width={COLUMN} height={Math.max(2, value(span) / most * HEIGHT)}><title>{`${span.text}: ${showCount(value(span))}`}</title></rect>)}
      </svg>
      <span className="usage-ends muted" aria-hidden="true"><span>{spans[0]?.from}</span><span>{spans.at(-1)?.to}</span></span>
    </>
  )
}
