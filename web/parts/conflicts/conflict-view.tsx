import { useQuery } from '@tanstack/react-query'
import { entryQuery, nodeQuery } from '../../api/queries.ts'
import type { ConflictItem, FileItem, SettleBody, VersionRef } from '../../api/types.ts'
import { Comparison, type ComparedSide } from '../changes/comparison.tsx'
import { shortHash, showBytes } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { MemberName } from '../member.tsx'
import { fileName } from '../places.ts'
import { Failure, Skeleton } from '../states.tsx'
import { Time } from '../time.tsx'
import { visible } from '../visible.ts'

type Side = ConflictItem['ours']

interface Props { readonly conflict: ConflictItem, readonly version: VersionRef, readonly busy: boolean, readonly take: (side: SettleBody['take']) => void }

/** What the two sides are called. @param self this machine's id */
export function labelsOf({ ours, theirs }: ConflictItem, self: string | undefined): readonly [string, string] {
  if (ours.by === self) return ['This machine', 'The other']
  return ['First side', theirs.by === self ? 'This machine' : 'Second side']
}

/** One path with its two contents: who left which, when, how they differ; and the buttons that decide. */
export function ConflictView({ conflict, version, busy, take }: Props) {
  const { path, keptAt, ours, theirs } = conflict
  const { data: node } = useQuery(nodeQuery())
  const isRemoval = ours.entry === null || theirs.entry === null
  const labels = labelsOf(conflict, node?.id)
  return (
    <section className="change-view" aria-label={`Conflict of ${path}`}>
      <header className="change-head"><h2>{visible(path)}</h2></header>
      <div className="conflict-sides">
        <SideCard label={labels[0]} side={ours} busy={busy} take={() => take('ours')} />
        <SideCard label={labels[1]} side={theirs} busy={busy} take={() => take('theirs')} />
      </div>
      <p className="conflict-both">
        <button type="button" className="button" disabled={busy} onClick={() => take('both')}><Icon name="copy" />{isRemoval ? 'Leave it as it is' : 'Keep both'}</button>
        <span className="muted">{keptAt === null ? 'The content stays where it is.' : <>One keeps the name, the other stays beside it as <span className="mono">{visible(fileName(keptAt))}</span></>}</span>
      </p>
      <Contents conflict={conflict} version={version} labels={labels} />
    </section>
  )
}

function SideCard({ label, side: { entry, by, at }, busy, take }: { label: string, side: Side, busy: boolean, take: () => void }) {
  return (
    <article className="conflict-side" aria-label={label}>
      <h3>{label}</h3>
      <p>{by === null ? 'left by a merge' : <><strong><MemberName id={by} /></strong> {entry === null ? 'removed it' : 'wrote this'}</>}{at !== null && <span className="muted"> <Time at={at} /></span>}</p>
      <p className="muted figure">{factsOf(entry)}</p>
      <button type="button" className="button is-primary" disabled={busy} onClick={take}>{entry === null ? 'Remove it' : 'Take this'}</button>
    </article>
  )
}

function factsOf(entry: FileItem | null): string {
  if (entry === null) return 'not there'
  return entry.type === 'file' ? `${showBytes(entry.size)} · ${shortHash(entry.hash)}` : entry.type === 'link' ? visible(entry.url) : 'a folder'
}

/** Both contents compared. Where each lies now is found by its hash: what has the path is the same on every machine, whose it is differs. */
function Contents({ conflict: { path, keptAt, ours, theirs }, version, labels }: { conflict: ConflictItem, version: VersionRef, labels: readonly [string, string] }) {
  const atPath = useQuery(entryQuery(version, path))
  const atOther = useQuery({ ...entryQuery(version, keptAt ?? path), enabled: keptAt !== null })
  const failed = [atPath, atOther].find(query => query.error !== null)
  if (failed !== undefined) return <Failure error={failed.error} retry={() => void failed.refetch()} />
  if (atPath.data === undefined || (keptAt !== null && atOther.data === undefined)) return <Skeleton rows={4} />
  const here = [atPath.data, atOther.data]
  const sides = [ours, theirs].map(({ entry }, i): ComparedSide => ({ label: labels[i] ?? '', version, entry: entry === null ? null : here.find(there => isSame(there, entry)) ?? null }))
  const [one, other] = sides
  const isGone = [ours, theirs].some(({ entry }, i) => entry !== null && sides[i]?.entry === null)
  if (one === undefined || other === undefined || isGone) return <p className="pad muted">One of the two was changed again since; Content shows it as it is now.</p>
  return <Comparison one={one} other={other} hasLegend />
}

const isSame = (a: FileItem | undefined, b: FileItem): boolean =>
  a !== undefined && a.type === b.type && (a.type === 'file' && b.type === 'file' ? a.hash === b.hash : a.type === 'link' && b.type === 'link' ? a.url === b.url : true)
