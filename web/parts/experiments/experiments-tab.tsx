import { useQuery } from '@tanstack/react-query'
import { runsQuery } from '../../api/version-queries.ts'
import type { Version, VersionRef } from '../../api/types.ts'
import { Code } from '../copy.tsx'
import { Empty, Loaded } from '../states.tsx'
import { Runs } from './runs.tsx'
import { Usage } from './usage.tsx'

/** K8: who uses a version, and how much. @property fixed the version by its id */
export default function ExperimentsTab({ version, fixed }: { version: Version, fixed: VersionRef }) {
  const query = useQuery(runsQuery({ version: `${fixed.ns}/${fixed.name}@${fixed.version}` }))
  return (
    <div className="quality">
      <section aria-labelledby="runs">
        <h2 id="runs">Experiments and processing</h2>
        <Loaded query={query} rows={3}>{runs => runs.length === 0 ? <NoRuns of={version.ref} /> : <Runs runs={runs} of={fixed} />}</Loaded>
      </section>
      <section aria-labelledby="usage"><h2 id="usage">Use over time</h2><Usage of={fixed} version={fixed.version} /></section>
    </div>
  )
}

export const NoRuns = ({ of }: { of: string }) => (
  <Empty icon="flask" title="No experiment uses it yet">
    <p>A script that says so is listed here with what it used, pinned by content. While it runs, nobody can delete that.</p>
    <Code label="Register an experiment" text={`npx shoal use start ${of} --experiment "my first run"`} />
  </Empty>
)
