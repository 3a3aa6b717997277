import { useEffect, useState } from 'react'
import { Dialog } from './dialog.tsx'

/** Keys that work everywhere, and the list of all of them behind `?`. */

/** What this machine calls the key beside the space bar. */
export const MODIFIER = /mac|iphone|ipad/i.test(navigator.userAgent) ? '⌘' : 'Ctrl'

const KEYS: readonly (readonly [string, readonly string[], string])[] = [
  ['Everywhere', ['/'], 'search datasets'],
  ['Everywhere', [`${MODIFIER} K`], 'go to anything'],
  ['Everywhere', ['n'], 'new dataset'],
  ['Everywhere', ['g d', 'g t'], 'datasets, team'],
  ['Everywhere', ['g a', 'g s'], 'activity, settings'],
  ['Everywhere', ['Esc'], 'close what is open'],
  ['Everywhere', ['?'], 'this list'],
  ['In lists', ['↑', '↓'], 'up and down'],
  ['In lists', ['Home', 'End'], 'first and last'],
  ['In lists', ['Enter'], 'open'],
  ['In files', ['Page ↑', 'Page ↓'], 'a screen up and down'],
  ['In files', ['Backspace'], 'up one folder'],
  ['In files', ['c'], 'copy the hash of the file'],
  ['In files', ['d'], 'download the file'],
  ['In a draft', ['Space'], 'choose the entry'],
  ['In a draft', ['F2'], 'rename it'],
  ['In a draft', ['Delete'], 'remove what is chosen'],
  ['In changes', ['→', '←'], 'open and close a folder'],
  ['In tabs', ['←', '→'], 'previous and next tab'],
  ['In previews', ['←', '→'], 'previous and next file'],
  ['In pictures', ['+', '−', '0'], 'zoom in, out, fit'],
  ['In pictures', ['f'], 'fill the window']
]

/** Whether keys go into something that is being written. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))

export const isPlain = (event: { ctrlKey: boolean, metaKey: boolean, altKey: boolean }): boolean => !event.ctrlKey && !event.metaKey && !event.altKey

/** Calls `pressed` for a key pressed outside of fields and windows. */
export function useKey(key: string, pressed: (event: KeyboardEvent) => void): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      if (event.key !== key || !isPlain(event) || isTyping(event.target) || document.querySelector('dialog[open]:not(.lightbox)') !== null) return
      pressed(event)
    }
    document.addEventListener('keydown', listener)
    return () => document.removeEventListener('keydown', listener)
  })
}

export function Shortcuts() {
  const [open, setOpen] = useState(false)
  useKey('?', () => setOpen(true))
  return (
    <>
      <button type="button" className="link-button" onClick={() => setOpen(true)}>Keys</button>
      {open && (
        <Dialog title="Keys" close={() => setOpen(false)}>
          <table className="keys">
            <tbody>
              {KEYS.map(([where, keys, what], i) => (
                <tr key={`${where} ${what}`}>
                  <th scope="row">{KEYS[i - 1]?.[0] === where ? <span className="unseen">{where}</span> : where}</th>
                  <td>{keys.map(key => <kbd key={key}>{key}</kbd>)}</td>
                  <td>{what}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Dialog>
      )}
    </>
  )
}
