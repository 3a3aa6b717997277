import { useEffect, useRef, type ReactNode } from 'react'

/** A picture with the whole window to itself. */
export function Lightbox({ label, close, children }: { label: string, close: () => void, children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal()
  }, [])
  return <dialog ref={dialog} className="lightbox" aria-label={label} onClose={close}>{children}</dialog>
}
