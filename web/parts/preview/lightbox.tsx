import { useEffect, useRef, type ReactNode } from 'react'
import { useFocusBack } from '../focus-back.ts'

/** A picture with the whole window to itself. */
export function Lightbox({ label, close, children }: { label: string, close: () => void, children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useFocusBack()
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal()
  }, [])
  return <dialog ref={dialog} className="lightbox" aria-label={label} onClose={close}>{children}</dialog>
}
