import { expect, it } from 'vitest'
import { namesOf } from '../../../web/parts/member-names.ts'

const A = '12D3KooWaaaaaa'
const B = '12D3KooWbbbbbb'
const C = '12D3KooWcccccc'

it('S8: two devices of one name are told apart; who has none is called by its id; names that deceive are written out', () => {
  const nameOf = namesOf([{ id: A, name: 'lab' }, { id: B, name: 'lab' }, { id: C, name: 'shed' }])
  expect([A, B, C].map(nameOf)).toEqual(['lab …aaaaaa', 'lab …bbbbbb', 'shed'])
  expect(namesOf([{ id: A, name: '' }])(A)).toBe('…oWaaaaaa')
  expect(namesOf([])(B)).toBe('…oWbbbbbb')
  expect(namesOf([{ id: A, name: 'lab\u202Ebal' }])(A)).toBe('lab⟨U+202E⟩bal')
})
