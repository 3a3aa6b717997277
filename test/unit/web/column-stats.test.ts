import { describe, expect, it } from 'vitest'
import { statsOf } from '../../../web/parts/preview/column-stats.ts'

describe('what a column of a table holds', () => {
  it('tells numbers, times, truths and words apart, and counts what is missing', () => {
    expect(statsOf(['1', '2', '', '3'])).toMatchObject({ type: 'number', missing: 1, distinct: 3, text: '1 – 3' })
    expect(statsOf(['2024-01-01', '2024-12-31'])).toMatchObject({ type: 'time', text: '2024-01-01 – 2024-12-31' })
    expect(statsOf(['true', 'False', 'true'])).toMatchObject({ type: 'truth' })
    expect(statsOf(['', ''])).toMatchObject({ type: 'empty', missing: 2, bars: [] })
    expect(statsOf(['1', 'x'])).toMatchObject({ type: 'text', text: 'each value once' })
    expect(statsOf([' ', '1'])).toMatchObject({ type: 'text' })
  })

  it('draws numbers by value and words by how often', () => {
    const { bars } = statsOf(['0', '0', '0', '10'])
    expect([bars.length, bars[0], bars.at(-1)]).toEqual([14, 1, 1 / 3])
    expect(statsOf(['b', 'a', 'b', 'b'])).toMatchObject({ bars: [1, 1 / 3], text: 'b 75 %, 2 values' })
    expect(statsOf(['7', '7'])).toMatchObject({ bars: [1], text: 'all 7' })
  })
})
