import { describe, expect, it } from 'vitest'
import { matchesFilter, matchesQuery } from '../../../src/datasets/search.ts'
import { datasetView, versionView } from '../../support/views.ts'

describe('search', () => {
  const pets = datasetView({ displayName: 'Haustiere ÄÖ', description: 'Cats and Dogs', tags: ['animal', 'v2'] })

  it.each([
    [{}, true], [{ q: 'cat' }, true], [{ q: 'DOGS cats' }, true], [{ q: 'cats birds' }, false], [{ q: 'vision/pets' }, true], [{ q: 'äö' }, true], [{ q: 'A\u0308o\u0308' }, true], [{ q: ' ' }, true], [{ q: 'animal' }, true],
    [{ tag: 'animal' }, true], [{ tag: 'anim' }, false], [{ type: 'image' }, true], [{ type: 'text' }, false], [{ namespace: 'vision' }, true], [{ namespace: 'vis' }, false],
    [{ archived: true }, false], [{ q: 'cats', tag: 'v2', type: 'image', namespace: 'vision', archived: false }, true]
  ] as const)('K2: %j finds it: %s', (query, found) => {
    expect(matchesQuery(pets, query)).toBe(found)
  })

  it('W4: archived ones are found only among the archived', () => {
    const archived = { ...pets, archived: true }
    expect(matchesQuery(archived, {})).toBe(false)
    expect(matchesQuery(archived, { archived: true })).toBe(true)
    expect(matchesFilter(versionView({ id: 'a', archived: true }), {})).toBe(false)
    expect(matchesFilter(versionView({ id: 'a', archived: true }), { archived: true })).toBe(true)
  })

  it('C2, C7: versions are filtered by state and tag', () => {
    expect(matchesFilter(versionView({ id: 'a' }), { state: 'draft' })).toBe(true)
    expect(matchesFilter(versionView({ id: 'a' }), { state: 'published' })).toBe(false)
    expect(matchesFilter(versionView({ id: 'a', tags: ['x'] }), { tag: 'x' })).toBe(true)
    expect(matchesFilter(versionView({ id: 'a', tags: ['x'] }), { tag: 'y' })).toBe(false)
  })
})
