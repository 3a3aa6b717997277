import { useId, useState, type FormEvent, type ReactNode } from 'react'
import { ProblemError, problemOfError } from '../api/fetch.ts'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { sentence } from './sentence.ts'

/** Forms: fields with their labels, hints and what is wrong with them. */

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly isNeeded?: boolean
  readonly children: (named: { id: string, 'aria-describedby': string | undefined, 'aria-invalid': true | undefined, required?: boolean }) => ReactNode
}

/** A label over a field, a hint below it, and in its place what is wrong. */
export function Field({ label, hint, error, isNeeded = false, children }: FieldProps) {
  const id = useId()
  const about = error !== undefined || hint !== undefined ? `${id}-about` : undefined
  return (
    <div className={`field${error === undefined ? '' : ' is-wrong'}`}>
      <label htmlFor={id}>{label}{isNeeded && <span className="needed" aria-hidden="true"> *</span>}</label>
      {children({ id, 'aria-describedby': about, 'aria-invalid': error === undefined ? undefined : true, ...isNeeded ? { required: true } : {} })}
      {error !== undefined ? <p id={about} className="field-error"><Icon name="warning" size={14} />{sentence(error)}</p> : hint !== undefined && <p id={about} className="field-hint">{hint}</p>}
    </div>
  )
}

interface TextProps extends Omit<FieldProps, 'children'> {
  readonly value: string
  readonly change: (value: string) => void
  readonly placeholder?: string
  readonly lines?: number
  readonly isMono?: boolean
  readonly suggestions?: readonly string[]
  readonly type?: 'text' | 'number'
}

export function TextField({ value, change, placeholder, lines, isMono = false, suggestions, type = 'text', ...field }: TextProps) {
  const list = useId()
  const className = `input${isMono ? ' mono' : ''}`
  return (
    <Field {...field}>
      {named => lines === undefined
        ? (
          <>
            <input {...named} className={className} type={type} value={value} placeholder={placeholder} onChange={event => change(event.target.value)} autoComplete="off" spellCheck={false} list={suggestions === undefined ? undefined : list} />
            {suggestions !== undefined && <datalist id={list}>{suggestions.map(choice => <option key={choice} value={choice} />)}</datalist>}
          </>
        )
        : <textarea {...named} className={className} rows={lines} value={value} placeholder={placeholder} onChange={event => change(event.target.value)} />}
    </Field>
  )
}

export function SelectField<Value extends string>({ value, change, choices, ...field }: Omit<FieldProps, 'children'> & { value: Value, change: (value: Value) => void, choices: readonly (Value | readonly [Value, string])[] }) {
  return (
    <Field {...field}>
      {named => (
        <span className="choice is-wide">
          <select {...named} value={value} onChange={event => change(event.target.value as Value)}>
            {choices.map(choice => {
              const [name, text] = typeof choice === 'string' ? [choice, choice] : choice
              return <option key={name} value={name}>{text}</option>
            })}
          </select>
        </span>
      )}
    </Field>
  )
}

export function CheckField({ label, hint, value, change }: { label: string, hint?: ReactNode, value: boolean, change: (value: boolean) => void }) {
  const id = useId()
  return (
    <label className="check">
      <input type="checkbox" checked={value} onChange={event => change(event.target.checked)} aria-describedby={hint === undefined ? undefined : id} />
      <span><span>{label}</span>{hint !== undefined && <small id={id} className="muted">{hint}</small>}</span>
    </label>
  )
}

/** Choices of which one holds, each with a line about it. */
export function RadioCards<Value extends string>({ label, value, change, choices }: { label: string, value: Value, change: (value: Value) => void, choices: readonly { readonly value: Value, readonly title: string, readonly text: ReactNode }[] }) {
  const name = useId()
  return (
    <fieldset className="radio-cards">
      <legend>{label}</legend>
      {choices.map(choice => (
        <label key={choice.value} className="radio-card">
          <input type="radio" name={name} value={choice.value} checked={choice.value === value} onChange={() => change(choice.value)} />
          <span><strong>{choice.title}</strong><small className="muted">{choice.text}</small></span>
        </label>
      ))}
    </fieldset>
  )
}

/** Does something once at a time and keeps what went wrong. */
export function useAction<Args extends readonly unknown[]>(act: (...args: Args) => Promise<unknown>): { run: (...args: Args) => Promise<boolean>, busy: boolean, problem: ProblemError | undefined, clear: () => void } {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ProblemError>()
  const run = async (...args: Args): Promise<boolean> => {
    setBusy(true)
    setProblem(undefined)
    try {
      await act(...args)
      return true
    } catch (error) {
      setProblem(problemOfError(error))
      return false
    } finally {
      setBusy(false)
    }
  }
  return { run, busy, problem, clear: () => setProblem(undefined) }
}

/** What went wrong, in a line or two. `without` names fields that show their own. */
export function ProblemNote({ problem, without = [] }: { problem: ProblemError | undefined, without?: readonly string[] }) {
  if (problem === undefined) return null
  const elsewhere = problem.fields.size > 0 && [...problem.fields.keys()].every(field => without.includes(field))
  const count = problem.fields.size
  return (
    <div className="problem" role="alert">
      <Icon name="warning" size={18} />
      <div>
        <strong>{elsewhere ? `${count === 1 ? 'One field needs' : `${count} fields need`} another look` : problem.title}</strong>
        {!elsewhere && <p>{sentence(problem.message)} <span className="muted">{problem.advice}</span></p>}
      </div>
    </div>
  )
}

interface FormDialogProps {
  readonly title: string
  readonly action: string
  readonly tone?: 'primary' | 'danger'
  readonly size?: 'small' | 'normal' | 'wide'
  readonly close: () => void
  /** Closes the window when it resolves, but where `staysOpen`. */
  readonly submit: () => Promise<unknown>
  readonly staysOpen?: boolean
  readonly disabled?: boolean
  /** Fields that show their own problems. */
  readonly fields?: readonly string[]
  readonly aside?: ReactNode
  readonly children: (errors: ReadonlyMap<string, string>) => ReactNode
}

/** A window with a form: Cancel, and one button that does it. */
export function FormDialog({ title, action, tone = 'primary', size = 'normal', close, submit, staysOpen = false, disabled = false, fields = [], aside, children }: FormDialogProps) {
  const { run, busy, problem } = useAction(submit)
  const send = (event: FormEvent): void => {
    event.preventDefault()
    if (busy || disabled) return
    const form = event.currentTarget
    void run().then(done => {
      if (done) {
        if (!staysOpen) close()
      } else window.setTimeout(() => form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), 0)
    })
  }
  return (
    <Dialog title={title} close={close} size={size}>
      <form className="form" onSubmit={send} noValidate>
        <div className="form-fields">
          <ProblemNote problem={problem} without={fields} />
          {children(problem?.fields ?? new Map())}
        </div>
        <footer className="form-foot">
          {aside}
          <button type="button" className="button" onClick={close}>Cancel</button>
          <button type="submit" className={`button is-${tone}`} disabled={busy || disabled}>{busy && <span className="spinner" aria-hidden="true" />}{action}</button>
        </footer>
      </form>
    </Dialog>
  )
}
