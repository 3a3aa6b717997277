import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, type KeyboardEvent } from 'react'
import type { Dataset } from '../api/types.ts'
import { DatasetRow } from './dataset-row.tsx'

/** Rows drawn beyond what is seen, so that scrolling shows no gaps. */
const OVERSCAN = 8
/** Until a row was measured. Pixels. */
const ROW_HEIGHT = 109

interface Props {
  readonly datasets: readonly Dataset[]
  /** Asks for the rows behind the last one. */
  readonly more: (() => void) | undefined
}

/** The datasets, however many: only rows in sight are drawn. Arrow keys walk through them. */
export function DatasetList({ datasets, more }: Props) {
  const list = useRef<HTMLUListElement>(null)
  const virtual = useWindowVirtualizer({
    count: datasets.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: list.current?.offsetTop ?? 0,
    getItemKey: index => datasets[index]?.id ?? index
  })
  const rows = virtual.getVirtualItems()
  const last = rows.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= datasets.length - OVERSCAN) more?.()
  }, [last, datasets.length, more])

  const focus = (index: number): void => {
    const target = Math.max(0, Math.min(datasets.length - 1, index))
    const link = (): HTMLElement | null | undefined => list.current?.querySelector<HTMLElement>(`[data-index="${target}"] .cover`)
    virtual.scrollToIndex(target)
    if (link() === null) requestAnimationFrame(() => link()?.focus())
    else link()?.focus({ preventScroll: true })
  }
  const walk = (event: KeyboardEvent): void => {
    const at = Number((event.target as HTMLElement).closest<HTMLElement>('[data-index]')?.dataset['index'] ?? -1)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: datasets.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    if (to < 0) document.querySelector<HTMLElement>('#search')?.focus()
    else focus(to)
  }
  return (
    <ul className="dataset-list" ref={list} onKeyDown={walk} style={{ height: virtual.getTotalSize() }}>
      {rows.map(({ index, key, start }) => {
        const dataset = datasets[index]
        return dataset === undefined ? null : (
          <li
            key={key} data-index={index} ref={virtual.measureElement} aria-setsize={more === undefined ? datasets.length : -1} aria-posinset={index + 1}
            style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)` }}
          >
            <DatasetRow dataset={dataset} />
          </li>
        )
      })}
    </ul>
  )
}
