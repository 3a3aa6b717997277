import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DatasetView } from '../../../src/catalog/index.ts'
import { chooseVersion } from '../../../src/datasets/resolve.ts'
import { compareNumbers } from '../../../src/model/index.ts'
import { datasetView, versionView } from '../../support/views.ts'

const choose = (dataset: DatasetView, wanted?: string): string => chooseVersion(dataset, wanted).version.id
const code = (code: string): unknown => expect.objectContaining({ code })

describe('references to versions', () => {
  const dataset = datasetView({ versions: [
    versionView({ id: 'aaaaaaaa', number: '1.0.0', published: true, name: 'snapshot 2026-01-31T12:00:00.123456Z' }),
    versionView({ id: 'aaaaaabb', number: '1.10.0', published: true }),
    versionView({ id: 'aaaaaacc', number: '1.9.0', published: true }),
    versionView({ id: 'bbbbbbbb', number: '2.0.0', name: 'Current' }),
    versionView({ id: 'cccccccc', number: '2.1.0', name: 'side' })
  ] })

  it('C2: finds by number, name, id, the start of an id, latest, and nothing', () => {
    expect(choose(dataset, '1.9.0')).toBe('aaaaaacc')
    expect(choose(dataset, 'side')).toBe('cccccccc')
    expect(choose(dataset, 'snapshot 2026-01-31T12:00:00.123456Z')).toBe('aaaaaaaa')
    expect(choose(dataset, 'aaaaaabb')).toBe('aaaaaabb')
    expect(choose(dataset, 'bbbbbb')).toBe('bbbbbbbb')
    expect(choose(dataset, 'latest')).toBe('aaaaaabb')
    expect(choose(dataset)).toBe('bbbbbbbb')
  })

  it('C2: the current version is the newest draft Current, else the newest draft, else the highest published', () => {
    const drop = (...ids: string[]): DatasetView => ({ ...dataset, versions: dataset.versions.filter(version => !ids.includes(version.id)) })
    expect(choose(drop('bbbbbbbb'))).toBe('cccccccc')
    expect(choose(drop('bbbbbbbb', 'cccccccc'))).toBe('aaaaaabb')
    expect(() => choose(datasetView())).toThrow(code('VERSION_NOT_FOUND'))
  })

  it('C2: several candidates give the newest and a warning', () => {
    const two = { ...dataset, versions: [...dataset.versions, versionView({ id: 'dddddddd', number: '2.2.0', name: 'Current' })] }
    const { version, warnings } = chooseVersion(two, undefined)
    expect(version.id).toBe('dddddddd')
    expect(warnings).toEqual([expect.stringContaining('2 drafts named Current')])
    expect(chooseVersion(dataset, undefined).warnings).toEqual([])
  })

  it('C2: what is not there is said with what is', () => {
    expect(() => choose(dataset, '3.0.0')).toThrow(/vision\/pets has no version 3\.0\.0; it has 2\.1\.0 \(draft "side"\)/)
    expect(() => choose(dataset, 'aaaaa')).toThrow(code('VERSION_NOT_FOUND'))
  })

  it('C2: the start of an id that fits several is refused with both', () => {
    expect(() => choose(dataset, 'aaaaaa')).toThrow(/aaaaaaaa, aaaaaabb, aaaaaacc/)
  })

  it('S2: a number published twice apart is a conflict that names both trees', () => {
    const clash = datasetView({ versions: [
      versionView({ id: 'one', number: '1.0.0', published: { tree: '1111', clashes: ['record-of-two'] } }),
      versionView({ id: 'two', number: '1.0.0', published: { tree: '2222', clashes: ['record-of-one'] } })
    ] })
    for (const wanted of ['1.0.0', 'latest', undefined]) {
      expect(() => choose(clash, wanted)).toThrow(expect.objectContaining({
        code: 'VERSION_CONFLICT', message: expect.stringMatching(/one \(tree blake3:1111\) and two \(tree blake3:2222\)/), facts: expect.objectContaining({ versions: [expect.objectContaining({ id: 'one' }), expect.objectContaining({ id: 'two' })] })
      }))
    }
    expect(choose(clash, 'one')).toBe('one')
  })

  it('S2: a record that clashes is a conflict also while its version is not here', () => {
    const clash = datasetView({ versions: [versionView({ id: 'one', number: '1.0.0', published: { clashes: ['record-of-two'] } })] })
    expect(() => choose(clash, '1.0.0')).toThrow(/record-of-two/)
  })

  it('C2: a published version outranks a draft of the same number', () => {
    const both = datasetView({ versions: [versionView({ id: 'one', published: true }), versionView({ id: 'two' })] })
    expect(choose(both, '1.0.0')).toBe('one')
  })

  it('W4: archived versions are out of the choice, but answer to their name', () => {
    const archived = datasetView({ versions: [
      versionView({ id: 'one', number: '1.0.0', published: true }), versionView({ id: 'two', number: '2.0.0', published: true, archived: true }), versionView({ id: 'three', number: '3.0.0', name: 'Current', archived: true })
    ] })
    expect(choose(archived)).toBe('one')
    expect(choose(archived, 'latest')).toBe('one')
    expect(choose(archived, '2.0.0')).toBe('two')
    expect(choose(archived, 'Current')).toBe('three')
  })

  const part = fc.integer({ min: 0, max: 3 })
  const versions = fc.uniqueArray(fc.record({ number: fc.tuple(part, part, part).map(parts => parts.join('.')), published: fc.boolean(), archived: fc.boolean(), current: fc.boolean() }), { selector: version => version.number })
    .map(list => list.map(({ current, ...version }, index) => versionView({ ...version, id: `version${String.fromCharCode(97 + index)}`, name: current ? 'Current' : '' })))

  it('C2: latest is published, not archived, and no other such is higher; every version answers to its number and id', () => {
    fc.assert(fc.property(versions, versions => {
      const dataset = datasetView({ versions })
      const candidates = versions.filter(version => version.state === 'published' && !version.archived)
      if (candidates.length === 0) expect(() => choose(dataset, 'latest')).toThrow(code('VERSION_NOT_FOUND'))
      else {
        const { version } = chooseVersion(dataset, 'latest')
        expect(candidates).toContain(version)
        for (const other of candidates) expect(compareNumbers(version.number, other.number)).toBeGreaterThanOrEqual(0)
      }
      for (const version of versions) {
        expect(choose(dataset, version.number)).toBe(version.id)
        expect(choose(dataset, version.id)).toBe(version.id)
      }
    }))
  })

  it('C2: the current version is a draft wherever there is one', () => {
    fc.assert(fc.property(versions, versions => {
      const drafts = versions.filter(version => version.state === 'draft' && !version.archived)
      if (drafts.length === 0) return
      const { version, warnings } = chooseVersion(datasetView({ versions }), undefined)
      const named = drafts.filter(draft => draft.name === 'Current')
      expect(version).toBe((named.length > 0 ? named : drafts).at(-1))
      expect(warnings.length).toBe((named.length > 0 ? named : drafts).length > 1 ? 1 : 0)
    }))
  })
})
