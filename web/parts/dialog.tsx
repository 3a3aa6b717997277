import { useEffect, useId, useRef, type ReactNode } from 'react'
import { useFocusBack } from './focus-back.ts'
import { Icon } from './icon.tsx'

/** A modal window: the browser keeps the focus in it and closes it on Escape. */
export function Dialog({ title, close, size = 'normal', children }: { title: string, close: () => void, size?: 'small' | 'normal' | 'wide', children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useFocusBack()
  useEffect(() => {
    if (dialog.current?.open !== false) return
    dialog.current.showModal()
    // People come to fill it in, not to close it.
    dialog.current.querySelector<HTMLElement>('.form-fields :is(input:not([type=checkbox], [type=radio]), [type=radio]:checked, textarea, select), .form-foot .is-primary')?.focus()
  }, [])
  return (
    <dialog
      ref={dialog} className={`dialog is-${size}`} aria-labelledby={id} onClose={close}
      onClick={event => {
        if (event.target === dialog.current) close()
      }}
    >
      <div className="dialog-body">
        <header className="panel-head">
          <h2 id={id}>{title}</h2>
          <button type="button" className="button is-quiet is-square" aria-label="Close" onClick={close}><Icon name="close" /></button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
