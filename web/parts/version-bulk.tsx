import { useState } from 'react'
import { changeVersions } from '../api/changes.ts'
import type { BulkBody, BulkResultItem, DatasetRef, Version } from '../api/types.ts'
import { ConfirmDialog } from './confirm.tsx'
import { Dialog } from './dialog.tsx'
import { counted, showCount } from './figures.ts'
import { ProblemNote, useAction } from './form.tsx'
import { Icon } from './icon.tsx'
import { sentence } from './sentence.ts'
import { TagDialog } from './tag-editor.tsx'
import { notify } from './toasts.tsx'

/** W6: the same for many versions, in one request; each has its own result. */

type Result = BulkResultItem['results'][number]

/** Versions of one request, as the API takes them. */
const AT_ONCE = 10_000

interface Props {
  readonly of: DatasetRef
  readonly chosen: readonly Version[]
  readonly all: readonly Version[]
  readonly filtered: readonly Version[]
  readonly isArchive: boolean
  readonly choose: (versions: readonly Version[]) => void
}

/** The bar of actions over the list while versions are chosen. */
export function BulkBar({ of, chosen, all, filtered, isArchive, choose }: Props) {
  const [open, setOpen] = useState<'tag' | 'delete'>()
  const [failed, setFailed] = useState<readonly Result[]>([])
  const close = (): void => setOpen(undefined)
  const change = async (body: Omit<BulkBody, 'versions'>, done: string, back?: BulkBody['action']): Promise<void> => {
    const ids = chosen.map(version => version.id)
    const results: Result[] = []
    for (let i = 0; i < ids.length; i += AT_ONCE) results.push(...(await changeVersions(of, { ...body, versions: ids.slice(i, i + AT_ONCE) })).results)
    const problems = results.filter(result => result.error !== undefined)
    const changed = results.flatMap(result => result.error === undefined && result.id !== undefined ? [result.id] : [])
    setFailed(problems)
    if (changed.length > 0) {
      notify(`${counted(changed.length, 'version')} ${done}`, back === undefined ? {} : { action: { text: 'Undo', run: () => void changeVersions(of, { action: back, versions: changed.slice(0, AT_ONCE) }) } })
    }
    choose(chosen.filter(version => problems.some(problem => problem.version === version.id)))
  }
  const { run, busy, problem } = useAction(change)
  const numberOf = (id: string): string => all.find(version => version.id === id)?.number ?? id
  return (
    <div className="bulk" role="toolbar" aria-label="Actions for chosen versions">
      <strong role="status">{showCount(chosen.length)} chosen</strong>
      <span className="bulk-reach">
        <button type="button" className="link-button" onClick={() => choose(all)} disabled={busy}>All {showCount(all.length)}</button>
        {filtered.length < all.length && <button type="button" className="link-button" onClick={() => choose(filtered)} disabled={busy}>Filtered {showCount(filtered.length)}</button>}
        <button type="button" className="link-button" onClick={() => choose([])} disabled={busy}>None</button>
      </span>
      <span className="bulk-actions">
        <button type="button" className="button is-small" disabled={busy} onClick={() => setOpen('tag')}><Icon name="tag" />Add tag</button>
        {isArchive
          ? <button type="button" className="button is-small" disabled={busy} onClick={() => void run({ action: 'restore' }, 'restored', 'archive')}><Icon name="archive" />Restore</button>
          : <button type="button" className="button is-small" disabled={busy} onClick={() => void run({ action: 'archive' }, 'archived', 'restore')}><Icon name="archive" />Archive</button>}
        {isArchive && <button type="button" className="button is-small" disabled={busy} onClick={() => setOpen('delete')}><Icon name="trash" />Delete</button>}
      </span>
      <ProblemNote problem={problem} />
      {open === 'tag' && (
        <TagDialog
          title={`Add tags to ${counted(chosen.length, 'version')}`} tags={[]} action="Add" hint="Words with commas between them; tags that are there stay." close={close}
          save={tags => change({ action: 'tag', add: tags }, 'tagged')}
        />
      )}
      {open === 'delete' && (
        <ConfirmDialog title={`Delete ${counted(chosen.length, 'version')}?`} name={`delete ${chosen.length}`} action="Delete for good" close={close} confirm={() => change({ action: 'delete', force: true }, 'deleted')}>
          <p>They are deleted on every machine of the team: {chosen.slice(0, 10).map(version => version.number).join(', ')}{chosen.length > 10 ? ' …' : ''}. It can not be undone.</p>
        </ConfirmDialog>
      )}
      {failed.length > 0 && (
        <Dialog title={`${counted(failed.length, 'version')} stayed as they were`} size="small" close={() => setFailed([])}>
          <ul className="plain outcomes">{failed.map(({ version, error }) => <li key={version}><strong>{numberOf(version)}</strong> {sentence(error?.detail ?? '')}</li>)}</ul>
        </Dialog>
      )}
    </div>
  )
}
