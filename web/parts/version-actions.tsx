import { useState } from 'react'
import { useLocation } from 'wouter'
import { archiveVersion, createVersion, deleteVersion, editVersion, tagVersion } from '../api/changes.ts'
import type { DatasetRef, Version } from '../api/types.ts'
import { ConfirmDialog } from './confirm.tsx'
import { InUse, useRunning } from './experiments/in-use.tsx'
import { FormDialog, TextField } from './form.tsx'
import { counted } from './figures.ts'
import { Menu } from './menu.tsx'
import { NewVersionDialog } from './new-version.tsx'
import { datasetPlace, nameIn, versionPlace } from './places.ts'
import { TagDialog } from './tag-editor.tsx'
import { attempt, notify } from './toasts.tsx'

type Open = 'edit' | 'tags' | 'delete' | 'child'

/** What can be done with one version, in a menu. @property isOpen whether its own page is shown */
export function VersionMenu({ of, version, isOpen = false, className }: { of: DatasetRef, version: Version, isOpen?: boolean, className?: string }) {
  const [open, setOpen] = useState<Open>()
  const [, navigate] = useLocation()
  const ref = { ...of, version: version.id }
  const running = useRunning({ version: `${of.ns}/${of.name}@${version.id}` }, open === 'delete')
  const close = (): void => setOpen(undefined)
  const archive = async (): Promise<void> => {
    await archiveVersion(ref, !version.archived)
    notify(version.archived ? `${version.number} is back in the list` : `${version.number} is in the archive`, { action: { text: 'Undo', run: () => void attempt(() => archiveVersion(ref, version.archived)) } })
  }
  return (
    <>
      <Menu
        label={`More about ${version.number}`} {...className === undefined ? {} : { className }} items={[
          ...isOpen ? [] : [{ text: 'Open', icon: 'right' as const, href: versionPlace({ ...of, version: nameIn(version.ref) }) }],
          { text: 'Edit description', icon: 'edit', run: () => setOpen('edit') },
          { text: 'Tags', icon: 'tag', run: () => setOpen('tags') },
          ...version.state === 'published' ? [{ text: 'New version from this', icon: 'branch' as const, run: () => setOpen('child') }] : [],
          undefined,
          { text: version.archived ? 'Restore' : 'Archive', icon: 'archive', run: () => void attempt(archive) },
          // W4: a published version is deleted out of the archive only.
          ...version.archived || version.state === 'draft' ? [{ text: 'Delete', icon: 'trash' as const, tone: 'danger' as const, run: () => setOpen('delete') }] : []
        ]}
      />
      {open === 'edit' && <EditVersionDialog version={version} close={close} save={body => editVersion(ref, body)} />}
      {open === 'tags' && <TagDialog title={`Tags of ${version.ref}`} tags={version.tags} close={close} save={tags => tagVersion(ref, tags)} />}
      {open === 'child' && (
        <NewVersionDialog
          of={of} from={version.id} close={close} create={async body => {
            const child = await createVersion(of, body)
            navigate(versionPlace({ ...of, version: nameIn(child.ref) }))
          }}
        />
      )}
      {open === 'delete' && (
        <ConfirmDialog
          title={`Delete version ${version.number}?`} name={version.number} action="Delete for good" close={close} obstacle={running === undefined || running.length === 0 ? undefined : <InUse runs={running} />}
          confirm={async () => {
            await deleteVersion(ref)
            notify(`Version ${version.number} was deleted`)
            if (isOpen) navigate(datasetPlace(of))
          }}
          instead={version.archived ? undefined : { text: 'Archive it instead', run: archive }}
        >
          <p>{version.state === 'draft' ? 'The draft' : 'The published version'} {version.files === null ? '' : `with ${counted(version.files, 'file')} `}is deleted on every machine of the team. It can not be undone.</p>
        </ConfirmDialog>
      )}
    </>
  )
}

export function EditVersionDialog({ version, close, save }: { version: Version, close: () => void, save: (body: { description: string, comment?: string, name?: string }) => Promise<unknown> }) {
  const [description, setDescription] = useState(version.description)
  const [comment, setComment] = useState(version.comment)
  const [name, setName] = useState(version.name)
  const isDraft = version.state === 'draft'
  return (
    <FormDialog title={`Edit ${version.ref}`} action="Save" close={close} submit={() => save({ description, ...isDraft ? { comment, name } : {} })} fields={['description', 'comment', 'name']}>
      {errors => (
        <>
          <TextField label="Description" error={errors.get('description')} value={description} change={setDescription} lines={4} placeholder="What is different from the version before" />
          {isDraft && (
            <div className="form-row">
              <TextField label="Name" error={errors.get('name')} value={name} change={setName} placeholder="Current" />
              <TextField label="Comment" error={errors.get('comment')} value={comment} change={setComment} />
            </div>
          )}
        </>
      )}
    </FormDialog>
  )
}
