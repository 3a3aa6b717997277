import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isShoalError } from '../../../src/errors/index.ts'
import {
  DATASET_DEFAULTS, DATASET_RULES, DATA_TYPES, FIXED_FIELDS, FORMATS, STATUSES, TASKS, VERSION_RULES, parseFileRef, readColour, readFields, readJsonObject,
  readMaskLabels, readTags, readVersionName, refuseProblems
} from '../../../src/model/index.ts'

const problemsOf = (input: object) => readFields(input, DATASET_RULES, 'dataset').problems

describe('dataset fields', () => {
  it('K1: the choices and defaults are those of the form', () => {
    expect(DATA_TYPES).toEqual(['tabular', 'image', 'text', 'audio', 'video', 'time-series', 'others'])
    expect(TASKS).toEqual(['classification', 'regression', 'detection', 'segmentation', 'forecasting', 'others'])
    expect(FORMATS).toEqual(['csv', 'json', 'parquet', 'tfrecord', 'others'])
    expect(STATUSES).toEqual(['uploading', 'processing', 'ready', 'failed'])
    expect(DATASET_DEFAULTS).toMatchObject({ version: '1.0.0', type: 'tabular', task: 'classification', format: 'csv', status: 'uploading', license: 'MIT' })
    expect(problemsOf(DATASET_DEFAULTS)).toEqual([])
  })

  it('K1: each wrong field is named with what would be right', () => {
    const problems = problemsOf({
      namespace: 'a/b', name: '', version: '1', description: 5, type: 'picture', task: 'x', format: 'xls', status: 'done', license: 'mine', publicAccess: 'yes', tags: 7, colour: 'red'
    })
    expect(problems.map(problem => problem.field)).toEqual(['namespace', 'name', 'version', 'description', 'type', 'task', 'format', 'status', 'license', 'publicAccess', 'tags', 'colour'])
    const detail = Object.fromEntries(problems.map(problem => [problem.field, problem.detail]))
    expect(detail['type']).toContain('tabular, image, text')
    expect(detail['version']).toContain('1.0.0')
    expect(detail['publicAccess']).toContain('true or false')
    expect(detail['license']).toContain('SPDX')
    expect(detail['colour']).toContain('not a field')
  })

  it('K1: all problems end in one error', () => {
    try {
      refuseProblems(problemsOf({ type: 'picture', task: 'x' }))
      expect.unreachable()
    } catch (error) {
      expect(isShoalError(error, 'FIELD_INVALID') && error.facts).toMatchObject({ field: 'type', problems: [{ field: 'type' }, { field: 'task' }] })
    }
    expect(() => refuseProblems([])).not.toThrow()
  })

  it('K1: whatever is sent, reading ends in values or problems, never in a crash', () => {
    fc.assert(fc.property(fc.dictionary(fc.constantFrom(...Object.keys(DATASET_RULES), '__proto__', 'constructor', 'x'), fc.anything()), input => {
      const { values, problems } = readFields(input, DATASET_RULES, 'dataset')
      const given = Object.keys(input).filter(key => input[key] !== undefined)
      expect(Object.keys(values).length + problems.length).toBe(given.length)
      expect(problemsOf(values)).toEqual([])
    }), { numRuns: 500 })
  })

  it('K1: tags may come as a list or with commas; reading twice changes nothing', () => {
    expect(readTags('b, a,, a ')).toEqual({ ok: true, value: ['a', 'b'] })
    expect(readTags(['b', 'a', 'b'])).toEqual({ ok: true, value: ['a', 'b'] })
    expect(readTags(['a,b']).ok).toBe(false)
    expect(readTags(['__proto__']).ok).toBe(false)
    expect(readTags(Array.from({ length: 101 }, (_, i) => `t${i}`)).ok).toBe(false)
  })

  it('K3: name, version, type and format are fixed, each with a reason', () => {
    for (const field of ['name', 'version', 'type', 'format']) expect(FIXED_FIELDS[field]).toMatch(/\w/)
    for (const field of ['description', 'tags', 'license', 'publicAccess']) expect(Object.hasOwn(FIXED_FIELDS, field)).toBe(false)
  })
})

describe('version fields', () => {
  it.each(['Current', 'snapshot 2026-01-31T12:00:00.123456Z', '', 'böse Überschrift', 'a@b', 'v1'])('C3: %j is a name', name => {
    expect(readVersionName(name)).toEqual({ ok: true, value: name })
  })

  it.each(['1.0.0', 'latest', 'Latest', 'a/b', 'a\\b', '..', 'a:b', 'a\nb', 'a'.repeat(201), 'abcdefghijklmnopqrstuvwxy2', 5])('C3: %j is no name', name => {
    expect(readVersionName(name).ok).toBe(false)
  })

  it('C3: every name can stand in a file reference', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'T', '0', '1', ':', '@', '.', ' ', '-', '/', 'Z'), minLength: 1, maxLength: 24 }), text => {
      const name = readVersionName(text)
      if (!name.ok || name.value === '') return
      expect(parseFileRef(`ns/data@${name.value}:a/b`)).toEqual({ namespace: 'ns', name: 'data', version: name.value, path: 'a/b' })
    }), { numRuns: 3000, examples: [['snapshot 2026-01-31T12:00:00.123456Z']] })
  })

  it.each(['#ff0000', '#F00', 'ff0000', '255,0,0', '(255, 0, 0)', 'rgb(255,0,0)', ' #ff0000 '])('C8: %j is red', text => {
    expect(readColour(text)).toBe('#ff0000')
  })

  it.each(['red', '256,0,0', '#ff00', '1,2', '', '-1,0,0'])('C8: %j is no colour', text => {
    expect(readColour(text)).toBeUndefined()
  })

  it('C8: mask labels map colours to lists of labels', () => {
    expect(readMaskLabels({ '0,0,255': ['sky', ' cloud ', 'sky'], '#0f0': 'grass' })).toEqual({ ok: true, value: { '#0000ff': ['sky', 'cloud'], '#00ff00': ['grass'] } })
    for (const bad of [null, [], 'x', { red: ['a'] }, { '#ff0000': [] }, { '#ff0000': [1] }, { '#ff0000': [''] }, { '#ff0000': ['a'], '255,0,0': ['b'] }]) {
      expect(readMaskLabels(bad).ok, JSON.stringify(bad)).toBe(false)
    }
  })

  it('C3: metadata is any JSON object, and nothing else', () => {
    fc.assert(fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4, noUnicodeString: false })), object => {
      if (Object.hasOwn(object, '__proto__') || JSON.stringify(object).includes('__proto__') || !JSON.stringify(object).isWellFormed()) return
      expect(readJsonObject(object).ok).toBe(JSON.stringify(object).isWellFormed())
    }), { numRuns: 40 })
    const deep = Array.from({ length: 40 }).reduce<object>(inner => ({ inner }), {})
    for (const bad of [null, [], 'x', 5, { a: NaN }, { a: 1n }, { a: undefined }, { a: () => 1 }, { a: '\ud800' }, JSON.parse('{"__proto__": {"x": 1}}'), deep, { a: 'x'.repeat(70_000) }]) {
      expect(readJsonObject(bad).ok).toBe(false)
    }
  })

  it('C4: a version has the fields of the contract', () => {
    expect(Object.keys(VERSION_RULES)).toEqual(['number', 'name', 'description', 'comment', 'metadata', 'maskLabels', 'tags'])
  })
})
