import { useQuery, useQueryClient } from '@tanstack/react-query'
import { makeInvite } from '../api/changes.ts'
import { invitesQuery, membersQuery, nodeQuery, syncQuery } from '../api/queries.ts'
import type { Peer } from '../api/types.ts'
import { Figures, Panel } from '../parts/facts.tsx'
import { counted, showBytes, showCount } from '../parts/figures.ts'
import { Icon } from '../parts/icon.tsx'
import { useQueryState } from '../parts/query-state.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { Holdings } from '../parts/team/holdings.tsx'
import { InviteDialog } from '../parts/team/invite-dialog.tsx'
import { Invites } from '../parts/team/invites.tsx'
import { JoinDialog } from '../parts/team/join-dialog.tsx'
import { Members } from '../parts/team/members.tsx'
import { Transfers } from '../parts/team/transfers.tsx'
import { useTitle } from '../parts/title.ts'

/** S1, S8, L1: the machines of the team: who they are, what they may do, which are connected, what they hold, what travels now. */
export default function Team() {
  useTitle('Team')
  const members = useQuery(membersQuery())
  const { data: node } = useQuery(nodeQuery())
  const { data: state } = useQuery(syncQuery())
  const client = useQueryClient()
  const [params, change] = useQueryState()
  const isAdmin = node?.role === 'admin'
  const invite = (): void => change({ invite: 'true' })
  const shown = [...members.data?.values() ?? []].filter(member => !member.removed)
  return (
    <>
      <header className="page-head">
        <h1>Team</h1>
        <p className="muted" role="status">{members.data === undefined ? '' : counted(shown.length, 'machine')}</p>
        <button type="button" className="button is-primary is-end" disabled={!isAdmin} title={isAdmin ? undefined : 'Only admins invite'} onClick={invite}><Icon name="plus" />Invite a machine</button>
      </header>
      {shown.length > 1 && state !== undefined && <Traffic peers={state.peers} />}
      <div className="stack">
        <Panel id="members" title="Machines">
          <Loaded query={members} rows={3}>{all => <Members members={[...all.values()]} peers={state?.peers ?? []} node={node} isAdmin={isAdmin} />}</Loaded>
        </Panel>
        {state !== undefined && <Transfers state={state} />}
        {isAdmin && <Invites />}
        {shown.length === 1 && (
          <Panel>
            <Empty icon="team" title="So far it is only this machine">
              <p>Make an invite, run the line it gives you on another machine, and both see each other’s datasets. No account, no server; the local network is enough.</p>
              <p className="state-actions">
                <button type="button" className="button" disabled={!isAdmin} onClick={invite}>Invite a machine</button>
                <button type="button" className="button" onClick={() => change({ join: 'true' })}>Join another team</button>
              </p>
            </Empty>
          </Panel>
        )}
        {shown.length > 1 && <Holdings />}
      </div>
      {params.get('join') === 'true' && <JoinDialog close={() => change({ join: undefined }, { replace: true })} joined={() => client.invalidateQueries()} />}
      {params.get('invite') === 'true' && isAdmin && (
        <InviteDialog
          close={() => change({ invite: undefined }, { replace: true })}
          make={async body => {
            const made = await makeInvite(body)
            await client.invalidateQueries({ queryKey: invitesQuery().queryKey })
            return made
          }}
        />
      )}
    </>
  )
}

function Traffic({ peers }: { peers: readonly Peer[] }) {
  const sum = (of: (peer: Peer) => number): number => peers.reduce((all, peer) => all + of(peer), 0)
  return (
    <Figures figures={[
      { name: 'Connected', value: showCount(peers.filter(peer => peer.connected).length), note: `of ${showCount(peers.length)}` },
      { name: 'Receiving', value: `${showBytes(sum(peer => peer.inRate))}/s`, note: `${showBytes(sum(peer => peer.bytesIn))} in all` },
      { name: 'Sending', value: `${showBytes(sum(peer => peer.outRate))}/s`, note: `${showBytes(sum(peer => peer.bytesOut))} in all` }
    ]}
    />
  )
}
