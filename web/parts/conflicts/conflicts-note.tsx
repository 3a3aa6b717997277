import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { conflictsQuery } from '../../api/version-queries.ts'
import type { VersionDetails, VersionRef } from '../../api/types.ts'
import { counted } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { versionPlace } from '../places.ts'

/** Conflicts of a draft that nobody has decided about; none while they are not known. @param fixed the version by its id */
export function useConflicts(version: VersionDetails, fixed: VersionRef): number {
  // Of a draft whose files are not on this node, nothing can be said.
  const { data } = useQuery({ ...conflictsQuery(fixed), enabled: version.state === 'draft' && version.files !== null })
  return data?.items.length ?? 0
}

/** A line over a draft that has some. */
export function ConflictsNote({ count, at }: { count: number, at: VersionRef }) {
  if (count === 0) return null
  return (
    <p className="note is-split" role="status">
      <Icon name="branch" />
      <span>{counted(count, 'path')} of this draft {count === 1 ? 'was' : 'were'} changed apart; both contents are kept.</span>
      <Link href={versionPlace(at, { tab: 'conflicts' })} className="button is-small">Decide</Link>
    </p>
  )
}
