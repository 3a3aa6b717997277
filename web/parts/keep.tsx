import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { keepQuery } from '../api/queries.ts'
import type { DatasetRef } from '../api/types.ts'
import { FormDialog, RadioCards } from './form.tsx'
import { Loaded } from './states.tsx'

/** S5: what this node keeps of a dataset. */

const CHOICES = [
  { value: 'all', title: 'Everything', text: 'Every version, drafts too: all of it works without the others.' },
  { value: 'published', title: 'Published versions', text: 'What was sealed; drafts of others are fetched when they are opened.' },
  { value: 'latest', title: 'The latest version', text: 'Only the highest published number.' },
  { value: 'none', title: 'Nothing', text: 'Files are fetched from another machine when they are opened.' }
] as const

export const KEEP_NAMES: Readonly<Record<string, string>> = Object.fromEntries(CHOICES.map(({ value, title }) => [value, title.toLowerCase()]))

type Keep = typeof CHOICES[number]['value']

export function KeepDialog({ dataset, close, save }: { dataset: DatasetRef, close: () => void, save: (keep: string) => Promise<unknown> }) {
  const query = useQuery(keepQuery(dataset))
  const [chosen, setChosen] = useState<Keep>()
  const shown = chosen ?? query.data?.keep as Keep | undefined
  return (
    <FormDialog title="Keep on this node" action="Save" size="small" close={close} disabled={shown === undefined} submit={() => save(shown ?? 'all')}>
      {() => <Loaded query={query} rows={3}>{() => <RadioCards label={`What this node keeps of ${dataset.ns}/${dataset.name}`} value={shown ?? 'all'} change={setChosen} choices={CHOICES} />}</Loaded>}
    </FormDialog>
  )
}
