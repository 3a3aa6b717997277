/**
 * Where the rows of a long table are. All rows have one height. Browsers lay out some ten million pixels at most, so a table of more rows
 * than that is laid out smaller than it is, and scrolling moves through it faster by that much.
 */

/** Below the least that any browser lays out (17.8 million in Firefox). Pixels. */
const MAX_HEIGHT = 15_000_000
/** Rows drawn beyond what is seen. */
const OVERSCAN = 12

export interface Layout {
  readonly count: number
  readonly rowHeight: number
  /** Height in which rows are seen. Pixels. */
  readonly room: number
  /** How far it is scrolled. Pixels. */
  readonly scrolled: number
}

export interface Geometry {
  /** Height of all rows as they are laid out. Pixels. */
  readonly height: number
  /** Pixels of the whole table for each one scrolled: 1 but for very long tables. */
  readonly scale: number
  /** Rows to draw: `first` (included) to `end` (excluded). */
  readonly first: number
  readonly end: number
}

export function geometryOf({ count, rowHeight, room, scrolled }: Layout): Geometry {
  const full = count * rowHeight
  const height = Math.min(full, MAX_HEIGHT)
  const scale = full <= MAX_HEIGHT ? 1 : (full - room) / (height - room)
  const above = scrolled * scale
  return {
    height,
    scale,
    first: Math.max(0, Math.min(count - 1, Math.floor(above / rowHeight)) - OVERSCAN),
    end: Math.min(count, Math.ceil((above + room) / rowHeight) + OVERSCAN)
  }
}

/** Where a row is drawn. Pixels from the top of the rows. */
export const topOf = (row: number, { rowHeight, scrolled }: Layout, { scale }: Geometry): number => row * rowHeight - scrolled * (scale - 1)

/** How far to scroll so that a row is seen whole; as far as it is where it is already. */
export function scrolledTo(row: number, { rowHeight, room, scrolled }: Layout, { scale }: Geometry): number {
  const above = scrolled * scale
  const start = row * rowHeight
  if (start < above) return start / scale
  return start + rowHeight > above + room ? (start + rowHeight - room) / scale : scrolled
}
