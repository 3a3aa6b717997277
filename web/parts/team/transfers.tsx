import { useQueryClient } from '@tanstack/react-query'
import { Link } from 'wouter'
import { keepDataset } from '../../api/changes.ts'
import { keepQuery, syncQuery } from '../../api/queries.ts'
import type { DatasetRef, SyncState } from '../../api/types.ts'
import { Panel } from '../facts.tsx'
import { counted, showBytes } from '../figures.ts'
import { MemberName } from '../member.tsx'
import { parseRef, placeOfRef } from '../places.ts'
import { attempt, notify } from '../toasts.tsx'

/** S4: what is on its way to this machine now, how fast, and from whom. Nothing where nothing is. */
export function Transfers({ state: { versions, sources } }: { state: SyncState }) {
  const active = sources.filter(source => source.bytesPerSecond > 0)
  const stop = useStop()
  if (versions.length === 0 && active.length === 0) return null
  return (
    <Panel id="transfers" title="On the way here">
      <ul className="plain transfers">{versions.map(transfer => <li key={`${transfer.dataset} ${transfer.version}`}><Transfer transfer={transfer} stop={stop} /></li>)}</ul>
      {active.length > 0 && <p className="transfer-sources muted">From {active.map(({ peer, bytesPerSecond }, i) => <span key={peer}>{i > 0 && ', '}<MemberName id={peer} /> <span className="figure">{showBytes(bytesPerSecond)}/s</span></span>)}</p>}
    </Panel>
  )
}

/** Nothing travels that this machine does not want: to stop it is to keep nothing of the dataset, and to take that back is to keep what was kept. */
function useStop(): (dataset: DatasetRef) => void {
  const client = useQueryClient()
  const keep = async (dataset: DatasetRef, what: string): Promise<void> => {
    await keepDataset(dataset, what)
    for (const { queryKey } of [keepQuery(dataset), syncQuery()]) await client.invalidateQueries({ queryKey })
  }
  return dataset => void attempt(async () => {
    const before = await client.fetchQuery({ ...keepQuery(dataset), staleTime: 0 })
    const name = `${dataset.ns}/${dataset.name}`
    if (before.keep === 'none') return notify(`Nothing of ${name} is kept here already: only the lists of its drafts’ files come`)
    await keep(dataset, 'none')
    notify(`${name} is not kept on this machine any more`, { action: { text: 'Undo', run: () => void attempt(() => keep(dataset, before.keep)) } })
  })
}

function Transfer({ transfer: { version, phase, bytes, totalBytes, bytesPerSecond, secondsLeft }, stop }: { transfer: SyncState['versions'][number], stop: (dataset: DatasetRef) => void }) {
  const place = placeOfRef(version)
  const dataset = parseRef(version)
  const share = totalBytes === undefined || totalBytes === 0 ? {} : { value: Math.min(1, bytes / totalBytes) }
  return (
    <div className="transfer">
      <div className="job">
        <div className="job-line">{place === undefined ? <span className="mono">{version}</span> : <Link href={place} className="mono">{version}</Link>}<span className="figure">{bytesPerSecond > 0 ? `${showBytes(bytesPerSecond)}/s` : ''}</span></div>
        {phase === 'fetching' && <progress {...share} max={1} aria-label={`${version} on its way`} />}
        <div className="muted job-line">
          <span className="figure">{phase === 'waiting' ? 'Waits for a machine that has it' : `${showBytes(bytes)}${totalBytes === undefined ? '' : ` of ${showBytes(totalBytes)}`}`}</span>
          <span className="figure">{secondsLeft === undefined ? '' : `${counted(secondsLeft, 'second')} left`}</span>
        </div>
      </div>
      {dataset !== undefined && <button type="button" className="button is-small" aria-label={`Stop ${version}`} title="Keep nothing of this dataset on this machine" onClick={() => stop(dataset)}>Stop</button>}
    </div>
  )
}
