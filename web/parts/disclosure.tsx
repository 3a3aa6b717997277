import { useEffect, useId, useRef, useState, type ReactNode } from 'react'

/** A button with a small panel below it: closes on Escape, on a click elsewhere, and when the focus leaves. */
export function Disclosure({ button, className = 'button', label, align = 'right', children }: {
  button: ReactNode, className?: string, label?: string, align?: 'left' | 'right', children: (close: () => void) => ReactNode
}) {
  const [open, setOpen] = useState(false)
  const id = useId()
  const root = useRef<HTMLDivElement>(null)
  const trigger = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!open) return undefined
    const outside = (event: PointerEvent): void => {
      if (root.current?.contains(event.target as Node) === false) setOpen(false)
    }
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return
      event.preventDefault()
      setOpen(false)
      trigger.current?.focus()
    }
    document.addEventListener('pointerdown', outside)
    document.addEventListener('keydown', escape)
    return () => {
      document.removeEventListener('pointerdown', outside)
      document.removeEventListener('keydown', escape)
    }
  }, [open])
  return (
    <div
      className="disclosure" ref={root}
      onBlur={event => {
        if (event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget)) setOpen(false)
      }}
    >
      <button ref={trigger} type="button" className={className} aria-expanded={open} aria-controls={id} aria-label={label} onClick={() => setOpen(!open)}>{button}</button>
      {open && <div className={`drop is-${align}`} id={id}>{children(() => setOpen(false))}</div>}
    </div>
  )
}
