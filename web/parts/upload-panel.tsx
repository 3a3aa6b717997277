import { useState, useSyncExternalStore } from 'react'
import {
  cancelUpload, cancelUploads, clearUploads, pauseUploads, resumeUploads, retryUpload, retryUploads, shownUploads, uploadSummary, watchUploads, type Upload, type UploadSummary
} from '../api/uploads.ts'
import { counted, showBytes, showCount } from './figures.ts'
import { sentence } from './sentence.ts'
import { Icon } from './icon.tsx'
import { fileName, folderOf } from './places.ts'
import { visible } from './visible.ts'

/** A4: what is being uploaded, per file and in all; stays while the reader goes elsewhere. */

/** Rows drawn; the figures count all. */
const SHOWN = 60

export default function UploadPanel() {
  const summary = useSyncExternalStore(watchUploads, uploadSummary)
  const [small, setSmall] = useState(false)
  if (summary.count === 0) return null
  const { active, paused, failed } = summary
  return (
    <section className="uploads" aria-label="Uploads">
      <header className="uploads-head">
        <h2>{headline(summary)}</h2>
        <button type="button" className="button is-quiet is-small is-square" aria-label={small ? 'Show files' : 'Hide files'} aria-expanded={!small} onClick={() => setSmall(!small)}><Icon name="down" className={small ? 'is-up' : ''} /></button>
        {active + paused === 0 && <button type="button" className="button is-quiet is-small is-square" aria-label="Close" onClick={clearUploads}><Icon name="close" /></button>}
      </header>
      <div className="uploads-all">
        <progress value={summary.bytes === 0 ? summary.done / summary.count : summary.sent / summary.bytes} max={1} aria-label="All files" />
        <p className="muted figure"><span>{showBytes(summary.sent)} of {showBytes(summary.bytes)}</span><span>{active > 0 && summary.rate > 0 ? `${showBytes(summary.rate)}/s${timeLeft(summary)}` : ''}</span></p>
        <div className="uploads-actions">
          {active > 0 && <button type="button" className="button is-small" onClick={pauseUploads}><Icon name="pause" />Pause</button>}
          {paused > 0 && <button type="button" className="button is-small is-primary" onClick={resumeUploads}><Icon name="play" />Go on</button>}
          {failed > 0 && <button type="button" className="button is-small" onClick={retryUploads}><Icon name="retry" />Retry {showCount(failed)}</button>}
          {active + paused + failed > 0 && <button type="button" className="button is-small is-quiet" onClick={cancelUploads}>Cancel{active + paused + failed > 1 ? ' all' : ''}</button>}
        </div>
      </div>
      {!small && <ul className="plain uploads-list">{shownUploads(SHOWN).map(upload => <li key={upload.id}><Row upload={upload} /></li>)}</ul>}
      {!small && summary.count > SHOWN && <p className="uploads-more muted">and {counted(summary.count - SHOWN, 'other file')}</p>}
    </section>
  )
}

function headline({ active, paused, failed, done, count }: UploadSummary): string {
  if (active > 0) return `Uploading ${showCount(done)} of ${counted(count, 'file')}`
  if (paused > 0) return `Paused: ${showCount(done)} of ${counted(count, 'file')}`
  return failed > 0 ? `${counted(failed, 'file')} failed` : `${counted(done, 'file')} uploaded`
}

function timeLeft({ bytes, sent, rate }: UploadSummary): string {
  const seconds = (bytes - sent) / rate
  if (!Number.isFinite(seconds) || seconds < 2) return ''
  return seconds < 90 ? `, ${Math.ceil(seconds)} s left` : `, ${Math.ceil(seconds / 60)} min left`
}

function Row({ upload: { id, path, size, sent, state, problem } }: { upload: Upload }) {
  return (
    <div className={`upload is-${state}`}>
      <Icon name={state === 'done' ? 'check' : state === 'failed' ? 'warning' : 'file'} />
      <div className="upload-main">
        <p className="upload-name" title={visible(path)}>{visible(fileName(path))} <span className="faint">{visible(folderOf(path))}</span></p>
        {state === 'sending' && <progress value={size === 0 ? 0 : sent / size} max={1} aria-label={fileName(path)} />}
        {problem !== undefined && <p className="upload-problem">{sentence(problem)}</p>}
      </div>
      <span className="muted figure">{state === 'paused' ? 'paused' : state === 'sending' && size > 0 ? `${Math.floor(sent / size * 100)} %` : showBytes(size)}</span>
      {state === 'failed' && <button type="button" className="button is-quiet is-small is-square" aria-label={`Retry ${fileName(path)}`} onClick={() => retryUpload(id)}><Icon name="retry" /></button>}
      {state !== 'done' && <button type="button" className="button is-quiet is-small is-square" aria-label={`Cancel ${fileName(path)}`} onClick={() => cancelUpload(id)}><Icon name="close" /></button>}
    </div>
  )
}
