import { useEffect, useSyncExternalStore } from 'react'
import { problemOfError } from '../api/fetch.ts'
import { Icon } from './icon.tsx'

/** Short words about what was just done, with a way back where there is one. What matters also stands in a log or on the page itself. */

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'done' | 'failed'
  readonly action?: { readonly text: string, readonly run: () => void } | undefined
}

/** Time to read a line and to reach for Undo. Milliseconds. */
const SHOWN_MS = 9000
const MAX_TOASTS = 3

let toasts: readonly Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

function set(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

export function notify(text: string, options: { tone?: Toast['tone'], action?: Toast['action'] } = {}): void {
  set([...toasts, { id: ++lastId, text, tone: options.tone ?? 'done', action: options.action }].slice(-MAX_TOASTS))
}

/** Does something that has no window of its own to say what went wrong. */
export async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    notify(problemOfError(error).message, { tone: 'failed' })
  }
}

const dismiss = (id: number): void => set(toasts.filter(toast => toast.id !== id))

export function Toasts() {
  const shown = useSyncExternalStore(
    listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts
  )
  return <div className="toasts" role="region" aria-label="Notices"><div role="status">{shown.map(toast => <One key={toast.id} toast={toast} />)}</div></div>
}

function One({ toast }: { toast: Toast }) {
  useEffect(() => {
    const timer = window.setTimeout(() => dismiss(toast.id), SHOWN_MS)
    return () => window.clearTimeout(timer)
  }, [toast.id])
  return (
    <div className={`toast is-${toast.tone}`}>
      <Icon name={toast.tone === 'done' ? 'check' : 'warning'} size={18} />
      <span>{toast.text}</span>
      {toast.action !== undefined && (
        <button
          type="button" className="button is-quiet is-small" onClick={() => {
            dismiss(toast.id)
            toast.action?.run()
          }}
        >
          {toast.action.text}
        </button>
      )}
      <button type="button" className="button is-quiet is-small is-square" aria-label="Dismiss" onClick={() => dismiss(toast.id)}><Icon name="close" /></button>
    </div>
  )
}
