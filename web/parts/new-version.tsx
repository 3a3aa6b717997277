import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { versionsQuery } from '../api/queries.ts'
import type { CreateVersionBody, DatasetRef, Version } from '../api/types.ts'
import { FormDialog, RadioCards, TextField } from './form.tsx'
import { showCount } from './figures.ts'

/** K5, L4: a new version of a dataset. */

/** The number a next version most likely has; empty where there is none to count on from. */
export function nextNumber(versions: readonly Version[]): string {
  const numbers = versions.map(({ number }) => /^(\d+)\.(\d+)\.(\d+)$/.exec(number)?.slice(1).map(Number)).filter(found => found !== undefined)
  const [major, minor] = numbers.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0)).at(-1) ?? []
  return major === undefined || minor === undefined ? '1.0.0' : `${major}.${minor + 1}.0`
}

/** @property from the version to start from; the latest published one by default */
export function NewVersionDialog({ of, from, close, create }: { of: DatasetRef, from?: string, close: () => void, create: (body: CreateVersionBody) => Promise<unknown> }) {
  const { data } = useInfiniteQuery(versionsQuery(of))
  const versions = data?.pages.flatMap(page => page.items) ?? []
  const published = versions.filter(version => version.state === 'published').toReversed()
  const [mode, setMode] = useState<'inherit' | 'new'>('inherit')
  const [parents, setParents] = useState<readonly string[]>()
  const [typed, setTyped] = useState<string>()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const chosen = parents ?? (from !== undefined ? [from] : published[0] === undefined ? [] : [published[0].id])
  const inherits = mode === 'inherit' && published.length > 0
  const number = typed ?? nextNumber(versions)
  const submit = (): Promise<unknown> => create({
    number: number.trim(), mode: inherits ? 'inherit' : 'new', ...chosen.length > 0 && inherits ? { from: chosen } : {},
    ...name.trim() === '' ? {} : { name: name.trim() }, ...description.trim() === '' ? {} : { description }
  })
  return (
    <FormDialog title={`New version of ${of.ns}/${of.name}`} action="Create version" close={close} submit={submit} fields={['number', 'name', 'description', 'from']} disabled={inherits && chosen.length === 0}>
      {errors => (
        <>
          <RadioCards
            label="It starts" value={inherits ? 'inherit' : 'new'} change={setMode}
            choices={[...published.length > 0 ? [{ value: 'inherit' as const, title: 'With everything of another version', text: 'No bytes are copied; add, change and remove from there.' }] : [], { value: 'new' as const, title: 'Empty', text: published.length > 0 ? 'A fresh start under the same name.' : 'There is no published version to start from yet.' }]}
          />
          {inherits && (
            <fieldset className="checks is-scrolled">
              <legend>From {chosen.length > 1 ? `${chosen.length} versions; what they have differently is listed afterwards` : ''}</legend>
              {published.map(version => (
                <label key={version.id} className="check">
                  <input type="checkbox" checked={chosen.includes(version.id)} onChange={event => setParents(event.target.checked ? [...chosen, version.id] : chosen.filter(id => id !== version.id))} />
                  <span><span>{version.number} {version.name !== '' && <span className="muted">{version.name}</span>}</span><small className="muted">{version.files === null ? 'elsewhere' : `${showCount(version.files)} files`}</small></span>
                </label>
              ))}
            </fieldset>
          )}
          <div className="form-row">
            <TextField label="Number" isNeeded hint="Three numbers: major.minor.patch; not used yet" error={errors.get('number')} value={number} change={setTyped} />
            <TextField label="Name" hint="Optional, e.g. Current" error={errors.get('name')} value={name} change={setName} />
          </div>
          <TextField label="What changes" error={errors.get('description')} value={description} change={setDescription} lines={3} placeholder="What is different from the version before" />
        </>
      )}
    </FormDialog>
  )
}
