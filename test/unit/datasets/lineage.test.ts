import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { childrenOf, parentsOf, structureOf } from '../../../src/datasets/lineage.ts'
import { datasetView, versionView } from '../../support/views.ts'

/** Versions whose parents are any earlier ones: how honest nodes make them. */
const grown = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 }).map(choices => datasetView({
  versions: choices.map((choice, index) => versionView({
    id: `v${index}`, number: `1.${index}.0`, published: true, parents: index === 0 ? [] : [...new Set(choice.map(n => `v${n % index}`))]
  }))
}))

describe('lineage', () => {
  it('C9: parents and children mirror each other', () => {
    fc.assert(fc.property(grown, dataset => {
      for (const version of dataset.versions) {
        for (const child of childrenOf(dataset, version.id)) expect(parentsOf(dataset, child)).toContain(version)
        for (const parent of parentsOf(dataset, version)) expect(childrenOf(dataset, parent.id)).toContain(version)
      }
    }))
  })

  it('C9: one line of snapshots ending in a draft is simple; branches, joins and second beginnings are advanced', () => {
    const line = [versionView({ id: 'a', published: true }), versionView({ id: 'b', published: true, parents: ['a'] }), versionView({ id: 'c', parents: ['b'] })]
    expect(structureOf(datasetView({ versions: line }))).toBe('simple')
    expect(structureOf(datasetView())).toBe('simple')
    expect(structureOf(datasetView({ versions: [...line, versionView({ id: 'd', published: true, parents: ['a'] })] }))).toBe('advanced')
    expect(structureOf(datasetView({ versions: [...line, versionView({ id: 'd', published: true, parents: ['a', 'c'] })] }))).toBe('advanced')
    expect(structureOf(datasetView({ versions: [...line, versionView({ id: 'd', published: true })] }))).toBe('advanced')
    expect(structureOf(datasetView({ versions: [...line, versionView({ id: 'd', parents: ['c'] })] }))).toBe('advanced')
  })
})
