import { useState } from 'react'
import { FormDialog, TextField } from './form.tsx'

/** Words with commas between them, as a list. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(',').map(word => word.trim()).filter(word => word !== ''))]

/** Tags of one thing, or tags to add to several. */
export function TagDialog({ title, tags, hint, action = 'Save tags', close, save }: { title: string, tags: readonly string[], hint?: string, action?: string, close: () => void, save: (tags: readonly string[]) => Promise<unknown> }) {
  const [text, setText] = useState(tags.join(', '))
  return (
    <FormDialog title={title} action={action} size="small" close={close} submit={() => save(wordsOf(text))} fields={['tags']}>
      {errors => <TextField label="Tags" hint={hint ?? 'Words with commas between them. Everybody can filter by them.'} error={errors.get('tags')} value={text} change={setText} placeholder="animals, eval" />}
    </FormDialog>
  )
}
