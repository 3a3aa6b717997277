import { useQuery } from '@tanstack/react-query'
import { membersQuery } from '../api/queries.ts'
import type { Member } from '../api/types.ts'
import { visible } from './visible.ts'

/** What a device is called: by the name its owner gave it, or by the end of its id. */
export const nameOfMember = ({ id, name }: Pick<Member, 'id' | 'name'>): string => name === '' ? `…${id.slice(-8)}` : visible(name)

/** A device by the name its owner gave it; the end of its id where nobody knows the name. */
export function MemberName({ id }: { id: string }) {
  const { data: members } = useQuery(membersQuery())
  return <span title={id}>{nameOfMember(members?.get(id) ?? { id, name: '' })}</span>
}
