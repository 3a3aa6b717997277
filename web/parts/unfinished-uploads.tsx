import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { removeUpload } from '../api/changes.ts'
import { isUploading, startUploads, uploadSummary, watchUploads } from '../api/uploads.ts'
import { unfinishedQuery, type Unfinished } from '../api/version-queries.ts'
import type { VersionRef } from '../api/types.ts'
import { counted, showBytes } from './figures.ts'
import { FormDialog } from './form.tsx'
import { Icon } from './icon.tsx'
import { fileName } from './places.ts'
import { Time } from './time.tsx'
import { notify } from './toasts.tsx'
import { visible } from './visible.ts'

/** Shown by name; the others are counted. */
const SHOWN = 4

/**
 * A4: large files whose upload was broken off. A page that is loaded anew may not open files by itself: they are chosen once more, and what
 * the node has already is not sent again. @property version by its id
 */
export function UnfinishedUploads({ version }: { version: VersionRef }) {
  const client = useQueryClient()
  const [isAsked, setAsked] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const { active } = useSyncExternalStore(watchUploads, uploadSummary)
  const { data } = useQuery(unfinishedQuery(version))
  useEffect(() => {
    if (active === 0) void client.invalidateQueries({ queryKey: unfinishedQuery(version).queryKey })
  }, [active === 0, version.version])
  const open = data?.filter(({ path }) => !isUploading(version, path)) ?? []
  if (open.length === 0) return null
  const take = (files: FileList): void => {
    const matched = [...files].flatMap(file => open.filter(({ path }) => fileName(path) === file.name).slice(0, 1).map(({ path }) => ({ path, file })))
    if (matched.length === 0) notify('None of these is among those that were broken off', { tone: 'failed' })
    else startUploads(version, matched)
  }
  const giveUp = async (): Promise<void> => {
    for (const { ids } of open) for (const id of ids) await removeUpload(id)
    await client.invalidateQueries({ queryKey: unfinishedQuery(version).queryKey })
    notify(`${counted(open.length, 'upload')} given up`)
  }
  return (
    <>
      <aside className="unfinished" aria-label="Unfinished uploads">
        <Icon name="pause" size={18} />
        <div>
          <p><strong>{counted(open.length, 'upload')} {open.length === 1 ? 'was' : 'were'} broken off.</strong> Choose the {open.length === 1 ? 'file' : 'files'} again to go on from there.</p>
          <ul className="plain">{open.slice(0, SHOWN).map(one => <li key={one.path}><One unfinished={one} /></li>)}</ul>
          {open.length > SHOWN && <p className="muted">and {counted(open.length - SHOWN, 'other')}</p>}
        </div>
        <span className="unfinished-actions">
          <button type="button" className="button is-small is-primary" onClick={() => input.current?.click()}>Choose again</button>
          <button type="button" className="button is-small is-quiet" onClick={() => setAsked(true)}>Give up</button>
        </span>
        <input
          ref={input} type="file" multiple hidden aria-label="Files to go on with" onChange={event => {
            const { files } = event.currentTarget
            if (files !== null && files.length > 0) take(files)
            event.currentTarget.value = ''
          }}
        />
      </aside>
      {isAsked && (
        <FormDialog title={`Give up ${counted(open.length, 'upload')}?`} action="Give up" tone="danger" size="small" close={() => setAsked(false)} submit={giveUp}>
          {() => <p>The {showBytes(open.reduce((sum, { sent }) => sum + sent, 0))} that arrived {open.length === 1 ? <>of <span className="mono">{visible(fileName(open[0]?.path ?? ''))}</span> </> : ''}are thrown away. {open.length === 1 ? 'The file' : 'The files'} can still be uploaded, from the beginning.</p>}
        </FormDialog>
      )}
    </>
  )
}

const One = ({ unfinished: { path, sent, length, changedAt } }: { unfinished: Unfinished }) =>
  <><span className="mono">{visible(path)}</span> <span className="muted figure">{showBytes(sent)} of {showBytes(length)}, <Time at={changedAt} /></span></>
