import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { geometryOf, scrolledTo, topOf, type Layout } from '../../../web/parts/row-geometry.ts'

const ROW = 38
const room = fc.integer({ min: 100, max: 2000 })
const table = fc.record({ count: fc.integer({ min: 1, max: 3_000_000 }), rowHeight: fc.constant(ROW), room })
  .chain(layout => fc.nat(1_000_000).map((part): Layout => {
    const { height } = geometryOf({ ...layout, scrolled: 0 })
    return { ...layout, scrolled: Math.max(0, height - layout.room) * part / 1_000_000 }
  }))

describe('rows of a long table', () => {
  it('A3: never take more height than browsers lay out, at a million rows and beyond', () => {
    fc.assert(fc.property(table, layout => {
      expect(geometryOf(layout).height).toBeLessThan(17_800_000)
    }))
  })

  it('A3: fill what is seen, wherever it is scrolled to', () => {
    fc.assert(fc.property(table, layout => {
      const geometry = geometryOf(layout)
      const seen = { from: layout.scrolled, to: layout.scrolled + Math.min(layout.room, layout.count * ROW) }
      expect(topOf(geometry.first, layout, geometry)).toBeLessThanOrEqual(seen.from + 1e-6)
      expect(topOf(geometry.end, layout, geometry)).toBeGreaterThanOrEqual(seen.to - 1e-6)
      expect(geometry.end - geometry.first).toBeLessThan(layout.room / ROW + 30)
    }))
  })

  it('A3: show the first row at the top and the last one at the bottom', () => {
    fc.assert(fc.property(fc.integer({ min: 1000, max: 3_000_000 }), room, (count, room) => {
      const top = { count, rowHeight: ROW, room, scrolled: 0 }
      expect(geometryOf(top).first).toBe(0)
      const { height } = geometryOf(top)
      const bottom = { ...top, scrolled: height - room }
      const geometry = geometryOf(bottom)
      expect(geometry.end).toBe(count)
      expect(topOf(count - 1, bottom, geometry) + ROW).toBeCloseTo(height, 3)
    }))
  })

  it('A3: bring any row into sight', () => {
    fc.assert(fc.property(table, fc.nat(), (layout, any) => {
      const row = any % layout.count
      const geometry = geometryOf(layout)
      const there = { ...layout, scrolled: scrolledTo(row, layout, geometry) }
      const top = topOf(row, there, geometryOf(there)) - there.scrolled
      expect(top).toBeGreaterThanOrEqual(-0.01)
      expect(top + ROW).toBeLessThanOrEqual(layout.room + 0.01)
      expect(scrolledTo(row, there, geometry)).toBeCloseTo(there.scrolled, 6)
    }))
  })

  it('are drawn pixel by pixel where they all fit', () => {
    const layout = { count: 300_000, rowHeight: ROW, room: 600, scrolled: 1_000_000 }
    const geometry = geometryOf(layout)
    expect([geometry.scale, geometry.height, topOf(27_000, layout, geometry)]).toEqual([1, 300_000 * ROW, 27_000 * ROW])
  })

  it('are none where there are none', () => {
    expect(geometryOf({ count: 0, rowHeight: ROW, room: 600, scrolled: 0 })).toMatchObject({ height: 0, first: 0, end: 0 })
  })
})
