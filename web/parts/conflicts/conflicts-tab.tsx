import { useQuery, useQueryClient } from '@tanstack/react-query'
import { settle } from '../../api/changes.ts'
import { nodeQuery, versionQuery } from '../../api/queries.ts'
import { conflictsQuery } from '../../api/version-queries.ts'
import type { ConflictItem, SettleBody, VersionRef } from '../../api/types.ts'
import { undo } from '../draft-edits.ts'
import { counted } from '../figures.ts'
import { ProblemNote, useAction } from '../form.tsx'
import { Icon } from '../icon.tsx'
import { MemberName } from '../member.tsx'
import { fileName, folderOf } from '../places.ts'
import { useQueryState } from '../query-state.ts'
import { Empty, Loaded } from '../states.tsx'
import { notify } from '../toasts.tsx'
import { visible } from '../visible.ts'
import { ConflictView, labelsOf } from './conflict-view.tsx'

/** S3: what several people changed apart in a draft, and one click that decides. */

type Take = SettleBody['take']

/** What a conflict is known by: a path may have several. */
export const keyOf = (conflict: ConflictItem): string => conflict.keptAt ?? conflict.path

/** @property version by its id */
export default function ConflictsTab({ version }: { version: VersionRef }) {
  const query = useQuery(conflictsQuery(version))
  return <Loaded query={query} rows={5}>{({ items }) => items.length === 0 ? <NoConflicts /> : <Open items={items} version={version} />}</Loaded>
}

const NoConflicts = () => (
  <Empty icon="check" title="Nothing is open">
    <p>Where two people change the same file of a draft apart, both contents are kept and wait here for a decision.</p>
  </Empty>
)

function Open({ items, version }: { items: readonly ConflictItem[], version: VersionRef }) {
  const [params, change] = useQueryState()
  const client = useQueryClient()
  const chosen = items.find(item => keyOf(item) === params.get('file')) ?? items[0]
  const { run, busy, problem } = useAction(async (wanted: readonly ConflictItem[], take: Take) => {
    for (const item of wanted) client.setQueryData(conflictsQuery(version).queryKey, await settle(version, { path: keyOf(item), take }))
    await tell(wanted)
  })
  const tell = async (wanted: readonly ConflictItem[]): Promise<void> => {
    const what = wanted.length === 1 && wanted[0] !== undefined ? visible(fileName(wanted[0].path)) : counted(wanted.length, 'path')
    const again = `${what} ${wanted.length === 1 ? 'is' : 'are'} open again`
    const { heads: [head, ...others] } = await client.fetchQuery({ ...versionQuery(version), staleTime: 0 })
    notify(`Decided about ${what}`, head !== undefined && others.length === 0 ? { action: { text: 'Undo', run: () => void undo(version, head, wanted.length, again) } } : {})
  }
  const { data: node } = useQuery(nodeQuery())
  const labels = items.map(item => labelsOf(item, node?.id))
  const [ours, theirs] = [0, 1].map(side => new Set(labels.map(pair => pair[side])).size === 1 ? labels[0]?.[side] : side === 0 ? 'First side' : 'Second side')
  if (chosen === undefined) return null
  return (
    <>
      <div className="changes-head conflicts-head">
        <span><strong>{counted(items.length, 'path')}</strong> changed apart. Nothing is lost: both contents are here until somebody decides.</span>
        {items.length > 1 && (
          <span className="conflicts-all" role="group" aria-label="Decide about all">
            <span className="muted">For all:</span>
            <button type="button" className="button is-small" disabled={busy} onClick={() => void run(items, 'ours')}>{ours}</button>
            <button type="button" className="button is-small" disabled={busy} onClick={() => void run(items, 'theirs')}>{theirs}</button>
            <button type="button" className="button is-small" disabled={busy} onClick={() => void run(items, 'both')}>Keep both</button>
          </span>
        )}
      </div>
      {problem !== undefined && <div className="pad"><ProblemNote problem={problem} /></div>}
      <div className={`changes-panes has-file${items.length === 1 ? ' is-alone' : ''}`}>
        {items.length > 1 && <Paths items={items} chosen={chosen} choose={file => change({ file }, { replace: true })} />}
        <ConflictView key={keyOf(chosen)} conflict={chosen} version={version} busy={busy} take={side => void run([chosen], side)} />
      </div>
    </>
  )
}

function Paths({ items, chosen, choose }: { items: readonly ConflictItem[], chosen: ConflictItem, choose: (key: string) => void }) {
  return (
    <ul className="plain conflict-list" aria-label="Paths that were changed apart">
      {items.map(item => (
        <li key={keyOf(item)}>
          <button type="button" className="conflict-row" aria-current={item === chosen ? 'true' : undefined} onClick={() => choose(keyOf(item))}>
            <Icon name="branch" />
            <span className="conflict-name">{visible(fileName(item.path))}<small className="muted">{folderOf(item.path) === '' ? '' : `${visible(folderOf(item.path))}/ · `}<By by={item.ours.by} /> and <By by={item.theirs.by} /></small></span>
          </button>
        </li>
      ))}
    </ul>
  )
}

const By = ({ by }: { by: string | null }) => by === null ? <>a merge</> : <MemberName id={by} />
