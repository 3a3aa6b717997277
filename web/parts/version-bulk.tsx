import { useState } from 'react'
import { archiveVersion, deleteVersion, tagVersion } from '../api/changes.ts'
import { problemOfError } from '../api/fetch.ts'
import type { DatasetRef, Version } from '../api/types.ts'
import { ConfirmDialog } from './confirm.tsx'
import { Dialog } from './dialog.tsx'
import { counted } from './figures.ts'
import { sentence } from './sentence.ts'
import { Icon } from './icon.tsx'
import { TagDialog } from './tag-editor.tsx'
import { notify } from './toasts.tsx'

/** W6: the same for many versions. */

interface Outcome { readonly version: Version, readonly problem: string }

interface Props {
  readonly of: DatasetRef
  readonly chosen: readonly Version[]
  readonly all: readonly Version[]
  readonly filtered: readonly Version[]
  readonly isArchive: boolean
  readonly choose: (versions: readonly Version[]) => void
  readonly saveCsv: () => void
}

/** The bar of actions over the list while versions are chosen. */
export function BulkBar({ of, chosen, all, filtered, isArchive, choose, saveCsv }: Props) {
  const [open, setOpen] = useState<'tag' | 'delete'>()
  const [failed, setFailed] = useState<readonly Outcome[]>([])
  const [done, setDone] = useState<number>()
  const close = (): void => setOpen(undefined)
  const each = async (what: string, act: (version: Version) => Promise<unknown>): Promise<void> => {
    const problems: Outcome[] = []
    for (const [i, version] of chosen.entries()) {
      setDone(i)
      try {
        await act(version)
      } catch (error) {
        problems.push({ version, problem: problemOfError(error).message })
      }
    }
    setDone(undefined)
    setFailed(problems)
    const count = chosen.length - problems.length
    if (count > 0) notify(`${counted(count, 'version')} ${what}`)
    choose(problems.map(({ version }) => version))
  }
  const busy = done !== undefined
  const at = (version: Version) => ({ ...of, version: version.id })
  return (
    <div className="bulk" role="toolbar" aria-label="Actions for chosen versions">
      <strong role="status">{busy ? `${done + 1} of ${chosen.length}…` : `${chosen.length} chosen`}</strong>
      <span className="bulk-reach">
        <button type="button" className="link-button" onClick={() => choose(all)} disabled={busy}>All {all.length}</button>
        {filtered.length < all.length && <button type="button" className="link-button" onClick={() => choose(filtered)} disabled={busy}>Filtered {filtered.length}</button>}
        <button type="button" className="link-button" onClick={() => choose([])} disabled={busy}>None</button>
      </span>
      <span className="bulk-actions">
        <button type="button" className="button is-small" disabled={busy} onClick={() => setOpen('tag')}><Icon name="tag" />Add tag</button>
        <button type="button" className="button is-small" disabled={busy} onClick={() => void each(isArchive ? 'restored' : 'archived', version => archiveVersion(at(version), !isArchive))}><Icon name="archive" />{isArchive ? 'Restore' : 'Archive'}</button>
        {isArchive && <button type="button" className="button is-small" disabled={busy} onClick={() => setOpen('delete')}><Icon name="trash" />Delete</button>}
        <button type="button" className="button is-small" disabled={busy} onClick={saveCsv}><Icon name="download" />CSV</button>
      </span>
      {open === 'tag' && (
        <TagDialog
          title={`Add tags to ${counted(chosen.length, 'version')}`} tags={[]} action="Add" hint="Words with commas between them; tags that are there stay." close={close}
          save={tags => each('tagged', version => tagVersion(at(version), [...new Set([...version.tags, ...tags])]))}
        />
      )}
      {open === 'delete' && (
        <ConfirmDialog title={`Delete ${counted(chosen.length, 'version')}?`} name={`delete ${chosen.length}`} action="Delete for good" close={close} confirm={() => each('deleted', version => deleteVersion(at(version)))}>
          <p>They are deleted on every machine of the team: {chosen.slice(0, 10).map(version => version.number).join(', ')}{chosen.length > 10 ? ' …' : ''}. It can not be undone.</p>
        </ConfirmDialog>
      )}
      {failed.length > 0 && (
        <Dialog title={`${counted(failed.length, 'version')} stayed as they were`} size="small" close={() => setFailed([])}>
          <ul className="plain outcomes">{failed.map(({ version, problem }) => <li key={version.id}><strong>{version.number}</strong> {sentence(problem)}</li>)}</ul>
        </Dialog>
      )}
    </div>
  )
}
