import { useState } from 'react'
import { useLocation } from 'wouter'
import { archiveDataset, createVersion, deleteDataset, editDataset, keepDataset, tagDataset } from '../api/changes.ts'
import type { Dataset } from '../api/types.ts'
import { ConfirmDialog } from './confirm.tsx'
import { EditDatasetDialog } from './dataset-form.tsx'
import { InUse, useRunning } from './experiments/in-use.tsx'
import { counted } from './figures.ts'
import { Icon } from './icon.tsx'
import { KeepDialog } from './keep.tsx'
import { Menu } from './menu.tsx'
import { NewVersionDialog } from './new-version.tsx'
import { HOME, nameIn, versionPlace } from './places.ts'
import { TagDialog } from './tag-editor.tsx'
import { attempt, notify } from './toasts.tsx'

type Open = 'edit' | 'tags' | 'delete' | 'version' | 'keep'

/** What can be done with a dataset. */
export function DatasetActions({ dataset }: { dataset: Dataset }) {
  const [open, setOpen] = useState<Open>()
  const [, navigate] = useLocation()
  const ref = { ns: dataset.namespace, name: dataset.name }
  const running = useRunning({ dataset: dataset.ref }, open === 'delete')
  const close = (): void => setOpen(undefined)
  const archive = async (): Promise<void> => {
    await archiveDataset(ref, !dataset.archived)
    notify(dataset.archived ? `${dataset.ref} is back in the list` : `${dataset.ref} is in the archive`, { action: { text: 'Undo', run: () => void attempt(() => archiveDataset(ref, dataset.archived)) } })
  }
  return (
    <>
      <button type="button" className="button" onClick={() => setOpen('version')}><Icon name="plus" />New version</button>
      <Menu
        label={`More about ${dataset.ref}`} className="button is-square" items={[
          { text: 'Edit', icon: 'edit', run: () => setOpen('edit') },
          { text: 'Tags', icon: 'tag', run: () => setOpen('tags') },
          { text: 'Keep on this node', icon: 'storage', run: () => setOpen('keep') },
          undefined,
          { text: dataset.archived ? 'Restore' : 'Archive', icon: 'archive', run: () => void attempt(archive) },
          { text: 'Delete', icon: 'trash', tone: 'danger', run: () => setOpen('delete') }
        ]}
      />
      {open === 'edit' && <EditDatasetDialog dataset={dataset} close={close} save={body => editDataset(ref, body, dataset.revision)} />}
      {open === 'tags' && <TagDialog title={`Tags of ${dataset.ref}`} tags={dataset.tags} close={close} save={tags => tagDataset(ref, tags)} />}
      {open === 'keep' && <KeepDialog dataset={ref} close={close} save={keep => keepDataset(ref, keep)} />}
      {open === 'version' && (
        <NewVersionDialog
          of={ref} close={close} create={async body => {
            const version = await createVersion(ref, body)
            navigate(versionPlace({ ...ref, version: nameIn(version.ref) }))
          }}
        />
      )}
      {open === 'delete' && (
        <ConfirmDialog
          title={`Delete ${dataset.ref}?`} name={dataset.ref} action="Delete for good" close={close} obstacle={running === undefined || running.length === 0 ? undefined : <InUse runs={running} />}
          confirm={async () => {
            await deleteDataset(ref)
            notify(`${dataset.ref} was deleted`)
            navigate(HOME)
          }}
          instead={dataset.archived ? undefined : { text: 'Archive it instead', run: archive }}
        >
          <p>This deletes the dataset and {counted(dataset.published + dataset.drafts, 'version')} on every machine of the team. It can not be undone.</p>
          {!dataset.archived && <p className="muted">An archived dataset only leaves the list, and can be brought back at any time.</p>}
        </ConfirmDialog>
      )}
    </>
  )
}
