import { useEffect } from 'react'

/** Windows and menus come and go; the keyboard goes back to what opened them. */
const PASSING = 'dialog, [role=menu]'

/** What had the focus last, outside of windows and menus. */
let last: HTMLElement | undefined
document.addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement && target.closest(PASSING) === null) last = target
})

/** When the window this is used in is gone, the focus is where it was before, unless it has gone elsewhere. */
export function useFocusBack(): void {
  useEffect(() => () => {
    const before = last
    // The window is still there until this is over.
    queueMicrotask(() => {
      if (document.activeElement === document.body && before?.isConnected === true) before.focus()
    })
  }, [])
}
