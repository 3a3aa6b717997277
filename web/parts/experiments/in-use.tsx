import { useQuery } from '@tanstack/react-query'
import { runsQuery } from '../../api/version-queries.ts'
import type { RunItem } from '../../api/types.ts'
import { Icon } from '../icon.tsx'
import { MemberName } from '../member.tsx'
import { Time } from '../time.tsx'
import { visible } from '../visible.ts'

/** K6: what runs with a dataset or a version, so that it can not be deleted; undefined while that is not known. */
export function useRunning(of: { readonly version: string } | { readonly dataset: string }, isWanted: boolean): readonly RunItem[] | undefined {
  return useQuery({ ...runsQuery(of, 'running'), enabled: isWanted }).data
}

/** Says what stands in the way of deleting something, and what can be done. */
export function InUse({ runs }: { runs: readonly RunItem[] }) {
  return (
    <div className="problem" role="alert">
      <Icon name="warning" size={18} />
      <div>
        <p><strong>It is in use, so it can not be deleted now.</strong></p>
        <ul className="plain">{runs.slice(0, 5).map(run => <li key={run.id}>“{visible(run.name)}” of <MemberName id={run.by} />, running since <Time at={run.startedAt} /></li>)}</ul>
        {runs.length > 5 && <p>and {runs.length - 5} more</p>}
        <p className="muted">Finish {runs.length === 1 ? 'it' : 'them'} first, or put it into the archive: it leaves the list and stays readable.</p>
      </div>
    </div>
  )
}
