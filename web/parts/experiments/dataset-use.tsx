import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { versionsQuery } from '../../api/queries.ts'
import { runsQuery } from '../../api/version-queries.ts'
import type { DatasetRef } from '../../api/types.ts'
import { Panel } from '../facts.tsx'
import { useQueryState } from '../query-state.ts'
import { Loaded } from '../states.tsx'
import { NoRuns } from './experiments-tab.tsx'
import { Runs } from './runs.tsx'
import { Usage } from './usage.tsx'

/** Runs shown of a dataset; a version shows all of its own. */
const SHOWN = 20

/** K8: who uses a dataset, and how much; of all its versions or of one. */
export default function DatasetUse({ of }: { of: DatasetRef }) {
  const [params, change] = useQueryState()
  const { data } = useInfiniteQuery(versionsQuery(of))
  const versions = data?.pages.flatMap(page => page.items).toReversed() ?? []
  const chosen = versions.find(version => version.number === params.get('used'))
  const dataset = `${of.ns}/${of.name}`
  const query = useQuery(runsQuery(chosen === undefined ? { dataset } : { version: `${dataset}@${chosen.id}` }))
  const choice = versions.length > 1 && (
    <label className="choice is-small">
      <span className="unseen">Use of</span>
      <select value={chosen?.number ?? ''} onChange={event => change({ used: event.target.value }, { replace: true })}><option value="">All versions</option>{versions.map(version => <option key={version.id} value={version.number}>{version.number}{version.state === 'draft' ? ' (draft)' : ''}</option>)}</select>
    </label>
  )
  return (
    <Panel id="use" title="Use" aside={choice}>
      <div className="quality">
        <section aria-label="Use over time"><Usage of={of} version={chosen?.id} /></section>
        <section aria-labelledby="dataset-runs">
          <h2 id="dataset-runs">Experiments and processing</h2>
          <Loaded query={query} rows={2}>
            {runs => runs.length === 0 ? <NoRuns of={`${dataset}@${chosen?.number ?? 'latest'}`} /> : <><Runs runs={runs.slice(0, SHOWN)} of={of} />{runs.length > SHOWN && <p className="muted">The {SHOWN} newest of {runs.length}; each version lists its own.</p>}</>}
          </Loaded>
        </section>
      </div>
    </Panel>
  )
}
