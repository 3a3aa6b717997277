import { Link } from 'wouter'
import type { SyncState } from '../../api/types.ts'
import { Panel } from '../facts.tsx'
import { counted, showBytes } from '../figures.ts'
import { placeOfRef } from '../places.ts'
import { MemberName } from '../member.tsx'

/** S4: what is on its way to this machine now, how fast, and from whom. Nothing where nothing is. */
export function Transfers({ state: { versions, sources } }: { state: SyncState }) {
  const active = sources.filter(source => source.bytesPerSecond > 0)
  if (versions.length === 0 && active.length === 0) return null
  return (
    <Panel id="transfers" title="On the way here">
      <ul className="plain transfers">{versions.map(transfer => <li key={`${transfer.dataset} ${transfer.version}`}><Transfer transfer={transfer} /></li>)}</ul>
      {active.length > 0 && <p className="transfer-sources muted">From {active.map(({ peer, bytesPerSecond }, i) => <span key={peer}>{i > 0 && ', '}<MemberName id={peer} /> <span className="figure">{showBytes(bytesPerSecond)}/s</span></span>)}</p>}
    </Panel>
  )
}

function Transfer({ transfer: { version, phase, bytes, totalBytes, bytesPerSecond, secondsLeft } }: { transfer: SyncState['versions'][number] }) {
  const place = placeOfRef(version)
  const share = totalBytes === undefined || totalBytes === 0 ? {} : { value: Math.min(1, bytes / totalBytes) }
  return (
    <div className="job">
      <div className="job-line">{place === undefined ? <span className="mono">{version}</span> : <Link href={place} className="mono">{version}</Link>}<span className="figure">{bytesPerSecond > 0 ? `${showBytes(bytesPerSecond)}/s` : ''}</span></div>
      {phase === 'fetching' && <progress {...share} max={1} aria-label={`${version} on its way`} />}
      <div className="muted job-line">
        <span>{phase === 'waiting' ? 'Waits for a machine that has it' : `${showBytes(bytes)}${totalBytes === undefined ? '' : ` of ${showBytes(totalBytes)}`}`}</span>
        <span className="figure">{secondsLeft === undefined ? '' : `${counted(secondsLeft, 'second')} left`}</span>
      </div>
    </div>
  )
}
