import { useCallback, useLayoutEffect, useState } from 'react'

/**
 * Which rows of a long table are in sight. All rows have one height. Browsers lay out some ten million pixels at most, so a table of more
 * rows than that is drawn smaller than it is, and scrolling moves through it faster by that much.
 */

/** Below the least that any browser lays out (17.8 million in Firefox). Pixels. */
const MAX_HEIGHT = 15_000_000
/** Rows drawn beyond what is seen. */
const OVERSCAN = 12

export interface RowWindow {
  /** Height of all rows as they are laid out. Pixels. */
  readonly height: number
  /** Rows to draw: `first` (included) to `end` (excluded). */
  readonly first: number
  readonly end: number
  /** Where a row is drawn. Pixels from the top of the rows. */
  top(row: number): number
  /** Scrolls until a row is in sight. */
  reveal(row: number): void
  /** Rows that fit in at once. */
  readonly fitting: number
}

/** @param element what scrolls; null until it is there @param headHeight of what stays above the rows. Pixels */
export function useRowWindow(element: HTMLElement | null, count: number, rowHeight: number, headHeight: number): RowWindow {
  const [view, setView] = useState({ top: 0, height: 600 })
  const full = count * rowHeight
  const height = Math.min(full, MAX_HEIGHT)
  const room = Math.max(rowHeight, view.height - headHeight)
  const scale = height <= room ? 1 : (full - room) / (height - room)
  const isExact = scale === 1

  useLayoutEffect(() => {
    if (element === null) return undefined
    const look = (): void => {
      // Where one pixel is one pixel, nothing changes until another row comes into sight.
      const top = isExact ? Math.floor(element.scrollTop / rowHeight) * rowHeight : element.scrollTop
      setView(before => before.top === top && before.height === element.clientHeight ? before : { top, height: element.clientHeight })
    }
    look()
    element.addEventListener('scroll', look, { passive: true })
    const resized = new ResizeObserver(look)
    resized.observe(element)
    return () => {
      element.removeEventListener('scroll', look)
      resized.disconnect()
    }
  }, [element, rowHeight, isExact])

  const above = view.top * scale
  const reveal = useCallback((row: number) => {
    if (element === null) return
    const at = element.scrollTop * scale
    const start = row * rowHeight
    if (start < at) element.scrollTop = start / scale
    else if (start + rowHeight > at + room) element.scrollTop = (start + rowHeight - room) / scale
  }, [element, scale, rowHeight, room])

  return {
    height,
    first: Math.max(0, Math.floor(above / rowHeight) - OVERSCAN),
    end: Math.min(count, Math.ceil((above + room) / rowHeight) + OVERSCAN),
    top: row => row * rowHeight - (isExact ? 0 : above - view.top),
    reveal,
    fitting: Math.max(1, Math.floor(room / rowHeight))
  }
}
