import { useLayoutEffect, useState } from 'react'
import { geometryOf, scrolledTo, topOf } from './row-geometry.ts'

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

/**
 * Which rows of a long table are in sight.
 * @param element what scrolls; null until it is there @param headHeight of what stays above the rows. Pixels
 */
export function useRowWindow(element: HTMLElement | null, count: number, rowHeight: number, headHeight: number): RowWindow {
  const [view, setView] = useState({ scrolled: 0, height: 600 })
  const room = Math.max(rowHeight, view.height - headHeight)
  const layout = { count, rowHeight, room, scrolled: view.scrolled }
  const geometry = geometryOf(layout)
  const isExact = geometry.scale === 1

  useLayoutEffect(() => {
    if (element === null) return undefined
    const look = (): void => {
      // Where one pixel is one pixel, nothing changes until another row comes into sight.
      const scrolled = isExact ? Math.floor(element.scrollTop / rowHeight) * rowHeight : element.scrollTop
      setView(before => before.scrolled === scrolled && before.height === element.clientHeight ? before : { scrolled, height: element.clientHeight })
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

  return {
    height: geometry.height,
    first: geometry.first,
    end: geometry.end,
    top: row => topOf(row, layout, geometry),
    reveal: row => {
      if (element !== null) element.scrollTop = scrolledTo(row, { ...layout, scrolled: element.scrollTop }, geometry)
    },
    fitting: Math.max(1, Math.floor(room / rowHeight))
  }
}
