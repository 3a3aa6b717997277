import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { diffQuery, versionsQuery } from '../../api/queries.ts'
import type { DiffItem, Version, VersionRef } from '../../api/types.ts'
import { counted, showBytes, showChange, showCount } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { useQueryState } from '../query-state.ts'
import { Empty, Loaded, Skeleton } from '../states.tsx'
import { later } from '../later.tsx'
import { ChangeTree } from './change-tree.tsx'
import { ChangeView } from './change-view.tsx'
import { sizeOf, treeOf } from './tree.ts'

/** How a version differs from any other: a tree of what was added, modified and removed; and each file, before and after. */

const BalanceChange = later(() => import('../class-balance.tsx'), <Skeleton rows={3} />)

const KINDS = ['added', 'modified', 'removed'] as const
type Kind = typeof KINDS[number]
const SIGNS: Readonly<Record<Kind, string>> = { added: '+', modified: '~', removed: '−' }

export default function ChangesTab({ version, fixed }: { version: Version, fixed: VersionRef }) {
  const [params, change] = useQueryState()
  const { data } = useInfiniteQuery(versionsQuery(fixed))
  const others = (data?.pages.flatMap(page => page.items) ?? []).filter(other => other.id !== version.id).toReversed()
  const parent = version.parents.find(parent => parent.number !== null)
  const wanted = params.get('against') ?? undefined
  const against = others.find(other => other.id === wanted || other.number === wanted)?.id ?? parent?.id
  const path = params.get('file') ?? undefined
  return (
    <>
      <div className="changes-head">
        <span>What is different in <strong>{version.number}</strong> against</span>
        <label className="choice is-small">
          <span className="unseen">Compared with</span>
          <select value={against ?? ''} onChange={event => change({ against: event.target.value === parent?.id ? undefined : event.target.value, file: undefined })}>
            {parent === undefined && <option value="">nothing (all is new)</option>}
            {others.map(other => <option key={other.id} value={other.id}>{other.number}{other.name === '' ? '' : ` ${other.name}`}{other.id === parent?.id ? ' (parent)' : ''}{other.state === 'draft' ? ' (draft)' : ''}</option>)}
          </select>
        </label>
      </div>
      {data !== undefined && <Differences key={against ?? ''} version={fixed} against={against} path={path} open={file => change({ file })} />}
    </>
  )
}

function Differences({ version, against, path, open }: { version: VersionRef, against: string | undefined, path: string | undefined, open: (path: string | undefined) => void }) {
  const query = useQuery(diffQuery(version, against))
  return <Loaded query={query} rows={6}>{({ items, isCut }) => items.length === 0 ? <Empty icon="check" title="No difference"><p>Both hold the same files with the same contents.</p></Empty> : <Found items={items} isCut={isCut} version={version} against={against} path={path} open={open} />}</Loaded>
}

function Found({ items, isCut, version, against, path, open }: { items: readonly DiffItem[], isCut: boolean, version: VersionRef, against: string | undefined, path: string | undefined, open: (path: string | undefined) => void }) {
  const [params, change] = useQueryState()
  const hasBalance = params.get('balance') === 'true'
  const [hidden, setHidden] = useState<ReadonlySet<Kind>>(new Set())
  const shown = useMemo(() => items.filter(item => !hidden.has(item.change)), [items, hidden])
  const tree = useMemo(() => treeOf(shown), [shown])
  const counts = Object.fromEntries(KINDS.map(kind => [kind, items.filter(item => item.change === kind && (item.after ?? item.before)?.type !== 'folder')])) as Record<Kind, DiffItem[]>
  const bytes = items.reduce((sum, item) => sum + sizeOf(item.after) - sizeOf(item.before), 0)
  const chosen = items.find(item => item.path === path)
  return (
    <>
      <div className="changes-sum">
        {KINDS.map(kind => (
          <button
            key={kind} type="button" className={`change-kind is-${kind}`} aria-pressed={!hidden.has(kind)} disabled={counts[kind].length === 0}
            onClick={() => setHidden(new Set(hidden.has(kind) ? [...hidden].filter(other => other !== kind) : [...hidden, kind]))}
          >
            <span aria-hidden="true">{SIGNS[kind]}</span>{showCount(counts[kind].length)} {kind}
          </button>
        ))}
        <span className="muted figure">{showChange(bytes, showBytes)}{isCut ? `, out of the first ${counted(items.length, 'change')}` : ''}</span>
        <button type="button" className="button is-small is-quiet is-end" aria-pressed={hasBalance} onClick={() => change({ balance: hasBalance ? undefined : 'true' }, { replace: true })}><Icon name="tabular" />Class balance</button>
      </div>
      {hasBalance && <section className="balance" aria-label="Class balance"><BalanceChange version={version} against={against} /></section>}
      <div className={`changes-panes${chosen === undefined ? '' : ' has-file'}`}>
        <ChangeTree tree={tree} chosen={path} open={open} />
        {chosen === undefined
          ? <div className="changes-hint muted"><Icon name="diff" size={26} /><p>Choose a file to see it before and after.</p></div>
          : <ChangeView key={chosen.path} item={chosen} version={version} against={against} close={() => open(undefined)} />}
      </div>
    </>
  )
}
