import { useQuery } from '@tanstack/react-query'
import { membersQuery } from '../api/queries.ts'
import { useMemberNames } from './member.tsx'

/** Some of the team's devices. */
export function MemberChoices({ label, chosen, change }: { label: string, chosen: readonly string[], change: (chosen: readonly string[]) => void }) {
  const { data: members } = useQuery(membersQuery())
  const nameOf = useMemberNames()
  const shown = [...members?.values() ?? []].filter(member => !member.removed)
  return (
    <fieldset className="checks">
      <legend>{label}</legend>
      {shown.map(({ id }) => (
        <label key={id} className="check">
          <input type="checkbox" checked={chosen.includes(id)} onChange={event => change(event.target.checked ? [...chosen, id] : chosen.filter(other => other !== id))} />
          <span title={id}>{nameOf(id)}</span>
        </label>
      ))}
    </fieldset>
  )
}
