import { useEffect, useState } from 'react'
import { Icon } from './icon.tsx'

/** How long the check mark stays. Milliseconds. */
const SHOWN_MS = 1600

/** Puts text on the clipboard; where the browser refuses, says so. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

/** A button that copies. @property what it copies, for its name: `the hash` */
export function CopyButton({ text, what, tabIndex }: { text: string, what: string, tabIndex?: number }) {
  const [outcome, setOutcome] = useState<'done' | 'refused'>()
  useEffect(() => {
    if (outcome === undefined) return undefined
    const timer = window.setTimeout(() => setOutcome(undefined), SHOWN_MS)
    return () => window.clearTimeout(timer)
  }, [outcome])
  const label = outcome === 'done' ? 'Copied' : outcome === 'refused' ? 'The browser refused; select and copy it by hand' : `Copy ${what}`
  return (
    <button
      type="button" className={`button is-quiet is-small is-square${outcome === 'done' ? ' is-done' : ''}`} aria-label={label} title={label} tabIndex={tabIndex}
      onClick={event => {
        event.stopPropagation()
        void copy(text).then(done => setOutcome(done ? 'done' : 'refused'))
      }}
    >
      <Icon name={outcome === 'done' ? 'check' : outcome === 'refused' ? 'warning' : 'copy'} />
      <span className="unseen" role="status">{outcome === undefined ? '' : label}</span>
    </button>
  )
}

/** Lines of a shell or a language, with a button that copies them. */
export function Code({ text, label }: { text: string, label: string }) {
  return (
    <figure className="code" aria-label={label}>
      <pre tabIndex={0}><code>{text}</code></pre>
      <CopyButton text={text} what="these lines" />
    </figure>
  )
}
