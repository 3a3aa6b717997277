import { useQuery } from '@tanstack/react-query'
import { membersQuery } from '../api/queries.ts'

/** A device by the name its owner gave it; the end of its id where nobody knows the name. */
export function MemberName({ id }: { id: string }) {
  const { data: members } = useQuery(membersQuery())
  const name = members?.get(id)?.name
  return <span title={id}>{name === undefined || name === '' ? `…${id.slice(-8)}` : name}</span>
}
