import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { publishVersion } from '../api/changes.ts'
import { ProblemError } from '../api/fetch.ts'
import { conflictsQuery } from '../api/version-queries.ts'
import { jobQuery, topFileQuery, versionQuery, versionsQuery } from '../api/queries.ts'
import type { JobItem, Version, VersionDetails, VersionRef } from '../api/types.ts'
import { JobLine } from './activity.tsx'
import { CopyButton } from './copy.tsx'
import { Dialog } from './dialog.tsx'
import { counted, shortHash, showBytes, showCount } from './figures.ts'
import { FormDialog, ProblemNote, TextField } from './form.tsx'
import { Icon } from './icon.tsx'
import { nameIn, versionPlace } from './places.ts'

/** L3: a draft becomes a published version: what will be sealed, what to look at first, how it goes. */

export function PublishButton({ version }: { version: VersionDetails }) {
  const [open, setOpen] = useState(false)
  const [job, setJob] = useState<JobItem>()
  const [, navigate] = useLocation()
  const client = useQueryClient()
  const ref = refOf(version)
  const started = (job: JobItem): void => {
    setJob(job)
    // Its number may be another one from now on; its id stays.
    client.setQueryData(versionQuery(ref).queryKey, version)
    navigate(versionPlace(ref), { replace: true })
  }
  /** @param published as it was sealed */
  const close = (published?: Version): void => {
    setOpen(false)
    setJob(undefined)
    if (published !== undefined) navigate(versionPlace({ ...ref, version: nameIn(published.ref) }), { replace: true })
  }
  return (
    <>
      {version.state === 'draft' && <button type="button" className="button is-primary" onClick={() => setOpen(true)}><Icon name="seal" />Publish</button>}
      {open && (job === undefined ? <PublishForm version={version} close={() => close()} started={started} /> : <PublishProgress job={job} version={version} close={close} again={() => setJob(undefined)} />)}
    </>
  )
}

const refOf = (version: Version): VersionRef => {
  const [ns = '', name = ''] = version.dataset.split('/')
  return { ns, name, version: version.id }
}

function PublishForm({ version, close, started }: { version: VersionDetails, close: () => void, started: (job: JobItem) => void }) {
  const [number, setNumber] = useState(version.number)
  const [message, setMessage] = useState('')
  const { changes } = version
  const submit = async (): Promise<void> => {
    const job = await publishVersion({ ...refOf(version), version: nameIn(version.ref) }, { ...number.trim() === version.number ? {} : { as: number.trim() }, ...message.trim() === '' ? {} : { message } })
    started(job)
  }
  return (
    <FormDialog title={`Publish ${version.dataset}`} action="Publish" close={close} staysOpen submit={submit} fields={['as', 'message']} disabled={version.files === 0}>
      {errors => (
        <>
          <dl className="seal-figures">
            <div><dt>Files</dt><dd>{version.files === null ? '–' : showCount(version.files)}</dd></div>
            <div><dt>Size</dt><dd>{version.bytes === null ? '–' : showBytes(version.bytes)}</dd></div>
            {changes !== null && version.parents.length > 0 && <div><dt>Against {version.parents[0]?.number ?? 'its parent'}</dt><dd className="changes"><span className="is-added">+{showCount(changes.added)}</span><span className="is-modified">~{showCount(changes.modified)}</span><span className="is-removed">−{showCount(changes.removed)}</span></dd></div>}
          </dl>
          <Checks version={version} number={number.trim()} />
          <div className="form-row is-number">
            <TextField label="Number" isNeeded error={errors.get('as') ?? errors.get('number')} value={number} change={setNumber} hint="Patch: corrections. Minor: more data. Major: another meaning." />
            <TextField label="Message" error={errors.get('message')} value={message} change={setMessage} placeholder="What is new in it" hint="Stands in the history for good" />
          </div>
          <p className="muted form-note">A published version never changes, on any machine, by any way. To go on working, make a new version from it.</p>
        </>
      )}
    </FormDialog>
  )
}

interface Check { readonly state: 'good' | 'warn' | 'bad', readonly text: string }

/** What to look at before it is sealed; only what the node would refuse is bad. */
function Checks({ version, number }: { version: VersionDetails, number: string }) {
  const ref = refOf(version)
  const { data: card } = useQuery(topFileQuery(ref, 'README.md'))
  const { data } = useInfiniteQuery(versionsQuery(ref))
  const { data: conflicts } = useQuery({ ...conflictsQuery(ref), enabled: version.files !== null })
  const open = conflicts?.items.length ?? 0
  const taken = data?.pages.flatMap(page => page.items).some(other => other.id !== version.id && other.state === 'published' && other.number === number) === true
  const checks: Check[] = [
    version.files === 0 ? { state: 'bad', text: 'There are no files in it yet' } : { state: 'good', text: `${version.files === null ? 'Its files' : counted(version.files, 'file')}: each is read back and checked before the seal` },
    !/^\d+\.\d+\.\d+/.test(number) ? { state: 'bad', text: 'The number must have three parts, such as 1.0.0' } : taken ? { state: 'bad', text: `${number} is published already; take another number` } : { state: 'good', text: `${number} is free` },
    open > 0 ? { state: 'bad', text: `${counted(open, 'path')} ${open === 1 ? 'was' : 'were'} changed apart; decide under Conflicts first` } : undefined,
    version.conflicts !== undefined ? { state: 'warn', text: `${counted(version.conflicts.length, 'path')} differed between its parents; both contents are kept` } : undefined,
    version.description === '' ? { state: 'warn', text: 'Nothing says yet what changed; a description helps whoever picks a version' } : { state: 'good', text: 'It says what changed' },
    card === null ? { state: 'warn', text: 'No README.md: people will not see a data card' } : card === undefined ? undefined : { state: 'good', text: 'It has a data card' }
  ].filter(check => check !== undefined) as Check[]
  return <ul className="plain checks-list" aria-label="Checks">{checks.map(({ state, text }) => <li key={text} className={`is-${state}`}><Icon name={state === 'good' ? 'check' : 'warning'} /><span>{text}{state === 'good' ? '' : <span className="unseen"> ({state === 'bad' ? 'must be mended' : 'a hint'})</span>}</span></li>)}</ul>
}

function PublishProgress({ job, version, close, again }: { job: JobItem, version: VersionDetails, close: (published?: Version) => void, again: () => void }) {
  const { data: now = job } = useQuery(jobQuery(job))
  const result = now.state === 'done' ? now.result as Version : undefined
  return (
    <Dialog title={result === undefined ? `Publishing ${version.dataset}` : `${result.number} is published`} size="small" close={() => close(result)}>
      <div aria-live="polite">
        {now.state === 'running' && <><JobLine job={now} /><p className="muted form-note">It goes on when this window is closed; Activity shows it.</p></>}
        {result !== undefined && (
          <div className="sealed">
            <span className="sealed-icon"><Icon name="seal" size={32} /></span>
            <p><strong>{result.ref}</strong> is sealed: {result.files === null ? '' : `${counted(result.files, 'file')}, ${showBytes(result.bytes ?? 0)}.`} Every machine of the team checks the signature.</p>
            {result.published !== null && <p className="muted long">Record <span className="mono">{shortHash(result.published.record)}</span><CopyButton text={result.published.record} what="the record" /></p>}
          </div>
        )}
        {(now.state === 'failed' || now.state === 'cancelled') && <ProblemNote problem={new ProblemError({ code: now.error?.code ?? 'CANCELLED', status: 0, title: 'It was not published', detail: now.error?.detail ?? 'The work was cancelled', advice: 'The draft is as it was.' })} />}
      </div>
      <footer className="form-foot">
        {(now.state === 'failed' || now.state === 'cancelled') && <button type="button" className="button" onClick={again}>Back</button>}
        <button type="button" className={`button ${result === undefined ? '' : 'is-primary'}`} onClick={() => close(result)}>{now.state === 'running' ? 'Close' : 'Done'}</button>
      </footer>
    </Dialog>
  )
}
