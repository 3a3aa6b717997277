import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { readLicence } from '../../../src/model/index.ts'
import { LICENCES, licenceLabel } from '../../../web/parts/licences.ts'

const load = createRequire(import.meta.url)
const ids = [...load('spdx-license-ids/index.json') as string[], ...load('spdx-license-ids/deprecated.json') as string[]]

describe('licences', () => {
  it('K1: every SPDX id is kept as it is, also in other cases', () => {
    for (const id of ids) {
      expect(readLicence(id)).toEqual({ ok: true, value: id })
      expect(readLicence(id.toLowerCase())).toEqual({ ok: true, value: id })
    }
  })

  it.each([
    ['CC BY 4.0', 'CC-BY-4.0'], ['cc-by-4.0', 'CC-BY-4.0'], ['cc_by_nc_sa 4.0', 'CC-BY-NC-SA-4.0'], ['Apache 2.0', 'Apache-2.0'],
    ['Apache License, Version 2.0', 'Apache-2.0'], ['apache 2', 'Apache-2.0'], ['mit license', 'MIT'], ['The MIT Licence', 'MIT'], [' MIT ', 'MIT'],
    ['CC0', 'CC0-1.0'], ['odbl', 'ODbL-1.0'], ['Proprietary', 'LicenseRef-Proprietary'], ['LicenseRef-Proprietary', 'LicenseRef-Proprietary'],
    ['LicenseRef-our-terms', 'LicenseRef-our-terms'], ['MIT OR Apache-2.0', 'MIT OR Apache-2.0'], ['mit or apache 2.0', 'MIT OR Apache-2.0'],
    ['(CC BY 4.0 and MIT) OR cc0', '(CC-BY-4.0 AND MIT) OR CC0-1.0'], ['GPL-2.0-only WITH Classpath-exception-2.0', 'GPL-2.0-only WITH Classpath-exception-2.0']
  ])('K1: %j means %s', (text, id) => {
    expect(readLicence(text)).toEqual({ ok: true, value: id })
  })

  it.each(['', '  ', 'hello world', 'not MIT', 'Permit', 'MIT AND', 'OR', '(MIT', 'GPL', 'BSD', 'CC-BY', 'LicenseRef-', 7, null, undefined, ['MIT'], 'M'.repeat(10_000)])('K1: %j is refused, never guessed', value => {
    const checked = readLicence(value)
    expect(checked.ok).toBe(false)
    expect(checked.ok ? '' : checked.detail).not.toBe('')
  })

  it('K1: a near miss gets a suggestion', () => {
    const checked = readLicence('GPL v3 or so')
    expect(checked.ok ? '' : checked.detail).toMatch(/did you mean GPL-3\.0/)
  })

  it('K1: what the form offers is accepted and shown as people write it', () => {
    for (const licence of LICENCES) {
      const read = readLicence(licence)
      expect(licenceLabel(read.ok ? read.value : read.detail)).toBe(licence)
    }
  })
})
