import type { Member } from '../api/types.ts'
import { visible } from './visible.ts'

/** Characters of an id that tell devices of one name apart. */
const TAIL = 6

/**
 * What devices are called: the name the owner gave, and behind it the end of the id where another has the same name; where there is
 * no name or the device is unknown, the end of its id.
 */
export function namesOf(members: readonly Pick<Member, 'id' | 'name'>[]): (id: string) => string {
  const names = new Map(members.map(({ id, name }) => [id, visible(name)]))
  const counts = new Map<string, number>()
  for (const name of names.values()) counts.set(name, (counts.get(name) ?? 0) + 1)
  return id => {
    const name = names.get(id) ?? ''
    if (name === '') return `…${id.slice(-TAIL - 2)}`
    return counts.get(name) === 1 ? name : `${name} …${id.slice(-TAIL)}`
  }
}
