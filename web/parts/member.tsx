import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { membersQuery } from '../api/queries.ts'
import { namesOf } from './member-names.ts'

/** What devices are called, by their ids; who is not known of is called by the end of the id. */
export function useMemberNames(): (id: string) => string {
  const { data: members } = useQuery(membersQuery())
  return useMemo(() => namesOf([...members?.values() ?? []]), [members])
}

/** A device by the name its owner gave it. */
export function MemberName({ id }: { id: string }) {
  return <span title={id}>{useMemberNames()(id)}</span>
}
