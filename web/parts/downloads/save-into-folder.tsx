import { useEffect, useRef, useState } from 'react'
import { problemOfError } from '../../api/fetch.ts'
import type { SelectionQuery, VersionRef } from '../../api/types.ts'
import { counted, showBytes } from '../figures.ts'
import { ProblemNote } from '../form.tsx'
import { Icon } from '../icon.tsx'
import { sentence } from '../sentence.ts'
import { visible } from '../visible.ts'
import { chooseFolder, saveFiles, type Saved } from './save-files.ts'

type State = { readonly is: 'idle' } | { readonly is: 'saving', readonly saved: Saved } | { readonly is: 'done', readonly saved: Saved, readonly folder: string } | { readonly is: 'failed', readonly error: unknown }

const NOTHING: Saved = { files: 0, bytes: 0, links: 0, failed: [] }

/** Writes the original files into a folder: how far it is, and what became of it. Closing the window ends it. */
export function SaveIntoFolder({ at, selection, close }: { at: VersionRef, selection: SelectionQuery | undefined, close: () => void }) {
  const [state, setState] = useState<State>({ is: 'idle' })
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const start = async (): Promise<void> => {
    if (selection === undefined) return
    const folder = await chooseFolder()
    if (folder === undefined) return
    const controller = new AbortController()
    running.current = controller
    setState({ is: 'saving', saved: NOTHING })
    const saved = await saveFiles(folder, at, selection, controller.signal, saved => setState({ is: 'saving', saved }))
    setState({ is: 'done', saved, folder: folder.name })
  }
  const failed = (error: unknown): void => setState(running.current?.signal.aborted === true ? { is: 'idle' } : { is: 'failed', error })
  return (
    <>
      {state.is !== 'idle' && <div className="form-fields save-state">{state.is === 'failed' ? <ProblemNote problem={problemOfError(state.error)} /> : <Progress saved={state.saved} folder={state.is === 'done' ? state.folder : undefined} />}</div>}
      <footer className="form-foot">
        {state.is === 'saving'
          ? <button type="button" className="button" onClick={() => running.current?.abort()}>Stop</button>
          : <button type="button" className="button" onClick={close}>{state.is === 'done' ? 'Close' : 'Cancel'}</button>}
        {state.is !== 'done' && <button type="button" className="button is-primary" disabled={selection === undefined || state.is === 'saving'} onClick={() => void start().catch(failed)}><Icon name="folder" />Choose a folder</button>}
      </footer>
    </>
  )
}

function Progress({ saved: { files, bytes, links, failed }, folder }: { saved: Saved, folder: string | undefined }) {
  return (
    <div role="status">
      {folder === undefined && <progress aria-label="Files written" />}
      <p>{folder === undefined ? 'Writing' : 'Wrote'} {counted(files, 'file')}, {showBytes(bytes)}{folder === undefined ? ' …' : ` into ${folder === '' ? 'the folder' : visible(folder)}.`}{folder !== undefined && links > 0 && ` ${counted(links, 'link')} left out: their bytes are elsewhere.`}</p>
      {failed.length > 0 && <ul className="plain outcomes">{failed.map(({ path, problem }) => <li key={path}><strong>{visible(path)}</strong> {sentence(problem)}</li>)}</ul>}
    </div>
  )
}
