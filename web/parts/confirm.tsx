import { useState, type ReactNode } from 'react'
import { FormDialog, TextField } from './form.tsx'
import { attempt } from './toasts.tsx'

interface Props {
  readonly title: string
  /** What must be typed. */
  readonly name: string
  readonly action: string
  readonly close: () => void
  readonly confirm: () => Promise<unknown>
  /** A gentler way, in its own button. */
  readonly instead?: { readonly text: string, readonly run: () => Promise<unknown> } | undefined
  /** Why it can not be done now; nothing is asked for then. */
  readonly obstacle?: ReactNode
  readonly children: ReactNode
}

/** Asks before something is gone for good: by typing its name. */
export function ConfirmDialog({ title, name, action, close, confirm, instead, obstacle, children }: Props) {
  const [typed, setTyped] = useState('')
  const gentler = instead !== undefined && (
    <button type="button" className="button is-start" onClick={() => void attempt(async () => {
      await instead.run()
      close()
    })}>{instead.text}</button>
  )
  return (
    <FormDialog title={title} action={action} tone="danger" size="small" close={close} submit={confirm} disabled={obstacle !== undefined || typed.trim() !== name} aside={gentler}>
      {() => obstacle ?? (
        <>
          {children}
          <TextField label={`Type ${name} to go on`} value={typed} change={setTyped} isMono placeholder={name} />
        </>
      )}
    </FormDialog>
  )
}
