import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { choicesQuery, type DatasetFilter } from '../api/queries.ts'
import { Icon } from './icon.tsx'

/** What narrows the list of datasets. All of it stands in the address. */

const TYPES = ['tabular', 'image', 'text', 'audio', 'video', 'time-series', 'others']
/** A pause in writing after which the list follows. Milliseconds. */
const PAUSE_MS = 180

interface Props {
  readonly filter: DatasetFilter
  readonly change: (changes: Readonly<Record<string, string | undefined>>, options?: { replace?: boolean }) => void
}

export function DatasetFilters({ filter, change }: Props) {
  const { data: choices } = useQuery(choicesQuery())
  const set = (name: string) => (value: string): void => change({ [name]: value })
  return (
    <search className="filters">
      <SearchField value={filter.q ?? ''} change={q => change({ q }, { replace: true })} />
      <Choice label="Type" value={filter.type} choices={TYPES} choose={set('type')} />
      <Choice label="Namespace" value={filter.namespace} choices={choices?.namespaces ?? []} choose={set('namespace')} />
      <Choice label="Tag" value={filter.tag} choices={choices?.tags ?? []} choose={set('tag')} />
      <button type="button" className="button is-quiet" aria-pressed={filter.archived === true} onClick={() => change({ archived: filter.archived === true ? undefined : 'true' })}>
        <Icon name="archive" />Archive
      </button>
    </search>
  )
}

function SearchField({ value, change }: { value: string, change: (value: string) => void }) {
  const [text, setText] = useState(value)
  const sent = useRef(value)
  const field = useRef<HTMLInputElement>(null)
  // The address may change by itself: back, forward, filters taken away.
  useEffect(() => {
    if (value !== sent.current) setText(value)
    sent.current = value
  }, [value])
  useEffect(() => {
    if (text === sent.current) return undefined
    const timer = window.setTimeout(() => {
      sent.current = text
      change(text)
    }, PAUSE_MS)
    return () => window.clearTimeout(timer)
  })
  useEffect(() => {
    if ((window.history.state as { search?: boolean } | null)?.search === true) field.current?.focus()
  }, [])
  const walk = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') {
      event.preventDefault()
      document.querySelector<HTMLElement>('.dataset-list .cover')?.focus()
    }
    if (event.key === 'Escape' && text !== '') setText('')
  }
  return (
    <label className="search">
      <span className="unseen">Search datasets</span>
      <Icon name="search" size={18} />
      <input ref={field} id="search" type="search" placeholder="Search datasets" value={text} onChange={event => setText(event.target.value)} onKeyDown={walk} autoComplete="off" spellCheck={false} maxLength={400} />
      <kbd aria-hidden="true">/</kbd>
    </label>
  )
}

/** A choice of one, or of none. What the address names stays choosable, whether it is known or not. */
function Choice({ label, value = '', choices, choose }: { label: string, value?: string | undefined, choices: readonly string[], choose: (value: string) => void }) {
  const all = value === '' || choices.includes(value) ? choices : [...choices, value]
  return (
    <label className={`choice${value === '' ? '' : ' is-set'}`}>
      <span className="unseen">{label}</span>
      <select value={value} onChange={event => choose(event.target.value)}>
        <option value="">{label}</option>
        {all.map(choice => <option key={choice} value={choice}>{choice}</option>)}
      </select>
    </label>
  )
}
