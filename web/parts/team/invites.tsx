import { useQuery } from '@tanstack/react-query'
import { revokeInvite } from '../../api/changes.ts'
import { invitesQuery } from '../../api/queries.ts'
import type { InviteItem } from '../../api/types.ts'
import { Badge } from '../badge.tsx'
import { Panel } from '../facts.tsx'
import { counted, showCount } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { Loaded } from '../states.tsx'
import { Time } from '../time.tsx'
import { attempt, notify } from '../toasts.tsx'
import { MemberNames } from './copies.tsx'

/** S1: the invites this node made: which are open, until when, who came with them. Their lines are not kept. */

const TONES = { open: 'accent', used: 'good', expired: 'plain', revoked: 'bad' } as const
const STATES = { open: 'Open', used: 'Used up', expired: 'Expired', revoked: 'Taken back' } as const

export function Invites() {
  const query = useQuery(invitesQuery())
  // Most have none: nothing stands here while it is not known.
  if (query.data === undefined ? query.error === null : query.data.length === 0) return null
  const revoke = async (invite: InviteItem): Promise<void> => {
    await attempt(async () => {
      await revokeInvite(invite.id)
      notify('The invite was taken back: nobody joins with it any more')
    })
    await query.refetch()
  }
  return (
    <Panel id="invites" title="Invites">
      <Loaded query={query} rows={1}>{invites => <ul className="plain invite-list">{invites.map(invite => <li key={invite.id}><Invite invite={invite} revoke={() => void revoke(invite)} /></li>)}</ul>}</Loaded>
    </Panel>
  )
}

function Invite({ invite, revoke }: { invite: InviteItem, revoke: () => void }) {
  const { id, role, uses, state, expiresAt, joined } = invite
  return (
    <div className="invite-row">
      <Badge tone={TONES[state]}>{STATES[state]}</Badge>
      <div className="invite-about">
        <p>For {uses === 1 ? `one ${role}` : counted(uses, role)} <span className="mono faint" title="Names the invite; it opens nothing">{id}</span></p>
        <p className="muted">
          {uses > 1 && `${showCount(joined.length)} of ${showCount(uses)} joined. `}
          {joined.length > 0 && <>Came with it: <MemberNames ids={joined} />. </>}
          {state === 'open' ? <>Expires <Time at={expiresAt} isAhead />.</> : state === 'expired' ? <>Expired <Time at={expiresAt} />.</> : null}
        </p>
      </div>
      {state === 'open' && <button type="button" className="button is-small" aria-label={`Take the invite ${id} back`} onClick={revoke}><Icon name="close" />Take back</button>}
    </div>
  )
}
