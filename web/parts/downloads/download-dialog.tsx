import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { ARCHIVES, archiveAt } from '../../api/addresses.ts'
import { problemOfError } from '../../api/fetch.ts'
import { selectedQuery, splitsQuery } from '../../api/version-queries.ts'
import type { SelectionQuery, SplitsItem, VersionDetails, VersionRef } from '../../api/types.ts'
import { Code } from '../copy.tsx'
import { Dialog } from '../dialog.tsx'
import { counted, showBytes, showCount } from '../figures.ts'
import { RadioCards, SelectField, TextField } from '../form.tsx'
import { Icon } from '../icon.tsx'
import { visible } from '../visible.ts'
import { SaveIntoFolder } from './save-into-folder.tsx'
import { canChooseFolder } from './save-files.ts'
import { optionsOf, sampleProblem, seedProblem, selectionOf, type Part, type Wanted } from './selection.ts'

/** K4: everything, a folder, splits, a sample or only what describes the data; as one archive or as the files they are. */

type As = typeof ARCHIVES[number] | 'files'

const FORMATS: readonly (readonly [As, string])[] = [['zip', 'Zip archive (.zip)'], ['tar.gz', 'Tar archive, compressed (.tar.gz)'], ['tar', 'Tar archive (.tar)'], ['files', 'Original files, in a folder']]

interface Props { readonly version: VersionDetails, readonly at: VersionRef, readonly folder: string, readonly close: () => void }

export default function DownloadDialog({ version, at, folder, close }: Props) {
  const [wanted, setWanted] = useState<Wanted>({ part: folder === '' ? 'all' : 'folder', splits: [], sample: '100', seed: '0' })
  const [as, setAs] = useState<As>('zip')
  const { data: splits } = useQuery(splitsQuery(at))
  const selection = selectionOf(wanted, folder)
  const change = (into: Partial<Wanted>): void => setWanted({ ...wanted, ...into })
  return (
    <Dialog title={`Download ${version.ref}`} close={close}>
      <div className="form">
        <div className="form-fields">
          <RadioCards<Part> label="What" value={wanted.part} change={part => change({ part, splits: [] })} choices={partsOf(version, folder, splits)} />
          {wanted.part === 'splits' && <SplitChoice splits={splits} chosen={wanted.splits} choose={chosen => change({ splits: chosen })} />}
          {wanted.part === 'sample' && <SampleFields wanted={wanted} splits={splits} change={change} />}
          <SelectField label="As" value={as} change={setAs} choices={FORMATS} />
          <Amount version={version} at={at} wanted={wanted} selection={selection} splits={splits} />
          {as === 'files' && selection !== undefined && !canChooseFolder() && (
            <>
              <p className="muted">This browser can not write into folders. The command line can; run it again to bring the folder up to date:</p>
              <Code label="Into a folder" text={['npx shoal checkout', version.ref, `./${at.name}`, ...optionsOf(selection).map(quoted)].join(' ')} />
            </>
          )}
        </div>
        {as === 'files' && canChooseFolder()
          ? <SaveIntoFolder at={at} selection={selection} close={close} />
          : (
            <footer className="form-foot">
              <button type="button" className="button" onClick={close}>Cancel</button>
              {as !== 'files' && selection !== undefined
                ? <a className="button is-primary" href={archiveAt(at, as, selection)} download onClick={() => window.setTimeout(close, 0)}><Icon name="download" />Download</a>
                : <button type="button" className="button is-primary" disabled><Icon name="download" />Download</button>}
            </footer>
          )}
      </div>
    </Dialog>
  )
}

const quoted = (word: string): string => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

function partsOf(version: VersionDetails, folder: string, splits: SplitsItem | undefined): readonly { value: Part, title: string, text: string }[] {
  const all = version.files === null || version.bytes === null ? 'All files' : `${counted(version.files, 'file')}, ${showBytes(version.bytes)}`
  return [
    ...folder === '' ? [] : [{ value: 'folder' as const, title: `Only ${visible(folder)}/`, text: 'The folder that is open' }],
    { value: 'all', title: 'Everything', text: all },
    ...splits !== undefined && splits.splits.length === 0 ? [] : [{ value: 'splits' as const, title: 'Some splits', text: splits === undefined ? 'Looking for splits …' : splits.splits.map(split => split.name).join(', ') }],
    { value: 'sample', title: 'A sample', text: 'Some files to try things on; the same seed gives the same files everywhere' },
    { value: 'metadata', title: 'Only metadata', text: 'What describes the data, with a list of all files' }
  ]
}

function SplitChoice({ splits, chosen, choose }: { splits: SplitsItem | undefined, chosen: readonly string[], choose: (names: readonly string[]) => void }) {
  return (
    <fieldset className="checks">
      <legend>Splits</legend>
      {splits?.splits.map(({ name, files, bytes }) => (
        <label key={name} className="check">
          <input type="checkbox" checked={chosen.includes(name)} onChange={event => choose(event.target.checked ? [...chosen, name] : chosen.filter(other => other !== name))} />
          <span><span>{visible(name)}</span><small className="muted">{counted(files, 'file')}, {showBytes(bytes)}</small></span>
        </label>
      ))}
      {splits !== undefined && splits.rest.files > 0 && <p className="field-hint">{counted(splits.rest.files, 'file')} belong to none.</p>}
    </fieldset>
  )
}

function SampleFields({ wanted, splits, change }: { wanted: Wanted, splits: SplitsItem | undefined, change: (into: Partial<Wanted>) => void }) {
  return (
    <div className="form-row is-three">
      <TextField label="How many" value={wanted.sample} change={sample => change({ sample })} error={sampleProblem(wanted.sample)} hint="Files, or a share such as 5%; from each class folder alike" />
      <TextField label="Seed" value={wanted.seed} change={seed => change({ seed })} error={seedProblem(wanted.seed)} />
      {splits !== undefined && splits.splits.length > 0 && <SelectField label="Out of" value={wanted.splits[0] ?? ''} change={name => change({ splits: name === '' ? [] : [name] })} choices={[['', 'all files'], ...splits.splits.map(split => [split.name, split.name] as const)]} />}
    </div>
  )
}

/** What it will be. Asked for where it is not known already, a moment after the last key. */
function Amount({ version, at, wanted, selection, splits }: { version: VersionDetails, at: VersionRef, wanted: Wanted, selection: SelectionQuery | undefined, splits: SplitsItem | undefined }) {
  const known = knownAmount(version, wanted, splits)
  const settled = useSettled(selection)
  const query = useQuery({ ...selectedQuery(at, settled ?? {}), enabled: known === undefined && settled !== undefined })
  const amount = selection === undefined ? undefined : known ?? (settled === selection ? query.data : undefined)
  const text = selection === undefined ? (wanted.part === 'splits' ? 'Choose at least one split' : 'Say how many files, and a seed')
    : known === undefined && query.error !== null ? problemOfError(query.error).message
      : amount === undefined ? 'Counting …' : `${amount.isCut ? 'More than ' : ''}${amount.files === 1 ? '1 file' : `${showCount(amount.files)} files`}, ${showBytes(amount.bytes)}`
  return <p className="amount" role="status"><Icon name={amount === undefined ? 'others' : 'check'} />{text}</p>
}

function knownAmount({ files, bytes }: VersionDetails, { part, splits: chosen }: Wanted, splits: SplitsItem | undefined): { files: number, bytes: number, isCut: boolean } | undefined {
  if (part === 'all') return files === null || bytes === null ? undefined : { files, bytes, isCut: false }
  if (part !== 'splits' || splits === undefined) return undefined
  const parts = splits.splits.filter(split => chosen.includes(split.name))
  return { files: parts.reduce((sum, split) => sum + split.files, 0), bytes: parts.reduce((sum, split) => sum + split.bytes, 0), isCut: false }
}

/** Nobody is asked at every key. Milliseconds. */
const SETTLED_AFTER_MS = 250

/** A selection once it has stayed the same for a moment. */
function useSettled(selection: SelectionQuery | undefined): SelectionQuery | undefined {
  const text = JSON.stringify(selection)
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), SETTLED_AFTER_MS)
    return () => window.clearTimeout(timer)
  }, [text])
  return text === settled ? selection : undefined
}
