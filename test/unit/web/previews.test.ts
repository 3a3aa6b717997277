import { describe, expect, it } from 'vitest'
import { showAgo, showBytes, showChange, showCount } from '../../../web/parts/figures.ts'
import { isText, kindOf } from '../../../web/parts/preview/kinds.ts'
import { laidOut, readDelimited, readJson } from '../../../web/parts/preview/tables.ts'
import { isWebAddress, visible } from '../../../web/parts/visible.ts'

describe('tables out of files', () => {
  it('K7: reads CSV with quotes, line ends within cells and a byte order mark', () => {
    const table = readDelimited('\ufeffname,value\r\n"a, ""b""",1\r\n"two\nlines",-2.5e3\r\n', true)
    expect(table).toEqual({ columns: ['name', 'value'], rows: [['a, "b"', '1'], ['two\nlines', '-2.5e3']], numeric: [false, true], isCut: false })
  })

  it('K7: leaves the last line out where only the beginning was read', () => {
    expect(readDelimited('a\tb\n1\t2\n3\t', false)).toMatchObject({ columns: ['a', 'b'], rows: [['1', '2']], isCut: true })
  })

  it('K7: shows no more rows and columns than a preview needs', () => {
    const wide = Array.from({ length: 300 }, (_, i) => i).join(',')
    const table = readDelimited(Array.from({ length: 20_050 }, () => wide).join('\n'), true)
    expect([table.rows.length, table.columns.length, table.isCut]).toEqual([20_000, 100, true])
    expect(readDelimited(`a\n${'x'.repeat(5000)}\n`, true).rows[0]?.[0]).toHaveLength(301)
  })

  it('K7: reads lists of objects out of JSON and JSON lines, and nothing else as a table', () => {
    expect(readJson('[{"a":1,"b":"x"},{"a":null,"c":[1]}]', true, false)).toEqual({ columns: ['a', 'b', 'c'], rows: [['1', 'x', ''], ['', '', '[1]']], numeric: [true, false, false], isCut: false })
    expect(readJson('{"a":1}\n\n{"a":2}\n{"a":', false, true)).toMatchObject({ rows: [['1'], ['2']], isCut: true })
    for (const text of ['{"a":1}', '[]', '[1,2]', '[{"a":1},2]', 'no json', '['.repeat(100_000)]) expect(readJson(text, true, false)).toBeUndefined()
    expect(readJson('[{"a":1}', false, false)).toBeUndefined()
  })

  it('K7: lays JSON out, and leaves alone what is none', () => {
    expect(laidOut('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}')
    expect(laidOut('{"a":')).toBe('{"a":')
  })
})

describe('kinds of files', () => {
  it.each([
    ['image/png', 'a.png', 'image'], ['image/svg+xml', 'a.svg', 'image'], ['image/tiff', 'a.tif', 'guess'], ['text/csv', 'a.csv', 'table'], ['text/markdown', 'README.md', 'markdown'],
    ['application/x-ndjson', 'a.jsonl', 'json'], ['application/geo+json', 'a.geojson', 'json'], ['text/html', 'a.html', 'text'], ['application/octet-stream', 'a', 'guess'], ['audio/flac', 'a.flac', 'audio']
  ])('%s is looked at as %s', (mediaType, path, kind) => expect(kindOf({ mediaType, path })).toBe(kind))

  it('tells text from bytes, also where the beginning ends within a character', () => {
    const text = Buffer.from('grün')
    expect([isText(text, true), isText(text.subarray(0, 3), false), isText(text.subarray(0, 3), true), isText(Buffer.from([0x61, 0]), true)]).toEqual([true, true, false, false])
  })
})

describe('what people read', () => {
  it('writes deceiving characters out', () => {
    expect(visible('photo\u202Egpj.exe')).toBe('photo⟨U+202E⟩gpj.exe')
    expect(visible('grün 🐟 مرحبا')).toBe('grün 🐟 مرحبا')
  })

  it('follows addresses of the web only', () => {
    expect(['https://a.example/x', 'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '//a.example', 'nothing'].map(isWebAddress)).toEqual([true, false, false, false, false, false])
  })

  it('writes sizes as the command line does', () => {
    expect([0, 1023, 1024, 1536, 150 * 1024, 3 * 1024 ** 3].map(showBytes)).toEqual(['0 B', `${showCount(1023)} B`, '1.0 KiB', '1.5 KiB', '150 KiB', '3.0 GiB'])
    expect([showChange(-2048, showBytes), showChange(2048, showBytes), showChange(0, showBytes)]).toEqual(['−2.0 KiB', '+2.0 KiB', '±0 B'])
  })

  it('says how long ago something was, and the date where that was long', () => {
    const now = Date.parse('2026-02-10T12:00:00Z')
    expect(showAgo('2026-02-10T11:57:00Z', now)).toBe('3 minutes ago')
    expect(showAgo('2026-02-09T11:00:00Z', now)).toBe('yesterday')
    expect(['2026-02-10T11:59:30Z', '2026-02-10T12:00:00Z', '2026-02-10T12:00:30Z'].map(at => showAgo(at, now))).toEqual(['just now', 'just now', 'in a moment'])
    expect(showAgo('2025-12-24T12:00:00Z', now)).toMatch(/2025/)
  })
})
