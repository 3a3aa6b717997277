import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from 'react'

interface Props<Name extends string> {
  readonly label: string
  /** @property count something waits there */
  readonly tabs: readonly { readonly name: Name, readonly text: string, readonly count?: number | undefined }[]
  readonly shown: Name
  readonly show: (name: Name) => void
  /** At the end of the row of tabs. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** Tabs with one panel. Arrow keys walk through them. */
export function Tabs<Name extends string>({ label, tabs, shown, show, aside, children }: Props<Name>) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  // On a narrow screen the row of tabs is scrolled so that the chosen one is seen; the page stays where it is.
  useEffect(() => {
    const [row, tab] = [list.current, list.current?.querySelector<HTMLElement>('[aria-selected=true]')]
    if (row === null || tab === null || tab === undefined) return
    if (tab.offsetLeft + tab.offsetWidth > row.scrollLeft + row.clientWidth + row.offsetLeft) row.scrollLeft = tab.offsetLeft + tab.offsetWidth - row.clientWidth - row.offsetLeft
  }, [shown])
  const walk = (event: KeyboardEvent<HTMLDivElement>): void => {
    const at = tabs.findIndex(tab => tab.name === shown)
    const to = { ArrowRight: (at + 1) % tabs.length, ArrowLeft: (at - 1 + tabs.length) % tabs.length, Home: 0, End: tabs.length - 1 }[event.key]
    const tab = to === undefined ? undefined : tabs[to]
    if (tab === undefined) return
    event.preventDefault()
    // The keys of previews are the same ones.
    event.nativeEvent.stopImmediatePropagation()
    show(tab.name)
    event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')[to ?? 0]?.focus()
  }
  return (
    <>
      <div className="tabs">
        <div ref={list} role="tablist" aria-label={label} onKeyDown={walk}>
          {tabs.map(({ name, text, count }) => (
            <button key={name} type="button" role="tab" id={`${id}-${name}`} aria-selected={name === shown} aria-controls={`${id}-panel`} tabIndex={name === shown ? 0 : -1} onClick={() => show(name)}>{text}{count !== undefined && <span className="tab-count">{count}</span>}</button>
          ))}
        </div>
        {aside}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown}`}>{children}</div>
    </>
  )
}
