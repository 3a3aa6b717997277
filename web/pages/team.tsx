import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { changeRole, makeInvite, removeMember } from '../api/changes.ts'
import { problemOfError } from '../api/fetch.ts'
import { membersQuery, nodeQuery, peersQuery } from '../api/queries.ts'
import type { Invite, Member, NodeItem, Peer } from '../api/types.ts'
import { Badge } from '../parts/badge.tsx'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Panel } from '../parts/facts.tsx'
import { counted, showBytes } from '../parts/figures.ts'
import { Icon } from '../parts/icon.tsx'
import { Menu } from '../parts/menu.tsx'
import { useQueryState } from '../parts/query-state.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { InviteDialog } from '../parts/team/invite-dialog.tsx'
import { useRates } from '../parts/team/rates.ts'
import { Time } from '../parts/time.tsx'
import { useTitle } from '../parts/title.ts'
import { notify } from '../parts/toasts.tsx'

/** S1, S8: the machines of the team: who they are, what they may do, which are connected now. */
export default function Team() {
  useTitle('Team')
  const members = useQuery(membersQuery())
  const { data: node } = useQuery(nodeQuery())
  const { data: peers = [] } = useQuery(peersQuery())
  const [params, change] = useQueryState()
  const [invites, setInvites] = useState<readonly Invite[]>([])
  const isAdmin = node?.role === 'admin'
  const close = (): void => change({ invite: undefined }, { replace: true })
  const shown = [...members.data?.values() ?? []].filter(member => !member.removed)
  return (
    <>
      <header className="page-head">
        <h1>Team</h1>
        <p className="muted" role="status">{members.data === undefined ? '' : counted(shown.length, 'device')}</p>
        <button type="button" className="button is-primary is-end" disabled={!isAdmin} title={isAdmin ? undefined : 'Only admins invite'} onClick={() => change({ invite: 'true' })}><Icon name="plus" />Invite a machine</button>
      </header>
      <div className="stack">
        <Panel id="members" title="Devices">
          <Loaded query={members} rows={3}>{all => <Members members={[...all.values()]} peers={peers} node={node} isAdmin={isAdmin} />}</Loaded>
        </Panel>
        {invites.length > 0 && (
          <Panel id="invites" title="Open invites">
            <ul className="plain invite-list">
              {invites.map(invite => <li key={invite.invite}><Icon name="link" /><span className="mono">{invite.invite.slice(0, 24)}…</span><span className="muted">for a {invite.role}, {counted(invite.uses, 'use')}, until <Time at={invite.expiresAt} isAhead /></span></li>)}
            </ul>
          </Panel>
        )}
        {shown.length === 1 && (
          <Panel>
            <Empty icon="team" title="So far it is only this machine">
              <p>Make an invite, run the line it gives you on another machine, and both see each other’s datasets. No account, no server; the local network is enough.</p>
              <button type="button" className="button" disabled={!isAdmin} onClick={() => change({ invite: 'true' })}>Invite a machine</button>
            </Empty>
          </Panel>
        )}
      </div>
      {params.get('invite') === 'true' && isAdmin && (
        <InviteDialog
          close={close} make={async body => {
            const invite = await makeInvite(body)
            setInvites([invite, ...invites])
            return invite
          }}
        />
      )}
    </>
  )
}

const ROLES = ['admin', 'writer', 'reader'] as const
const ROLE_TEXTS = { admin: 'Admin: also invites and removes', writer: 'Writer: changes and publishes', reader: 'Reader: only looks' } as const

function Members({ members, peers, node, isAdmin }: { members: readonly Member[], peers: readonly Peer[], node: NodeItem | undefined, isAdmin: boolean }) {
  const rates = useRates(peers)
  const [leaving, setLeaving] = useState<Member>()
  const here = members.filter(member => !member.removed)
  const gone = members.filter(member => member.removed)
  const setRole = async (member: Member, role: typeof ROLES[number]): Promise<void> => {
    try {
      await changeRole(member.id, role)
      notify(`${nameOf(member)} is ${role === 'admin' ? 'an' : 'a'} ${role} now`)
    } catch (error) {
      notify(problemOfError(error).message, { tone: 'failed' })
    }
  }
  return (
    <>
      <table className="rows members">
        <thead><tr><th scope="col">Device</th><th scope="col">Role</th><th scope="col">Connection</th><th scope="col" className="figure">Received</th><th scope="col" className="figure">Sent</th><th scope="col" className="end"><span className="unseen">Actions</span></th></tr></thead>
        <tbody>
          {[...here, ...gone].map(member => {
            const peer = peers.find(peer => peer.id === member.id)
            const isSelf = member.id === node?.id
            return (
              <tr key={member.id} className={member.removed ? 'is-gone' : ''}>
                <th scope="row"><span className="member-name"><Icon name="screen" /><strong>{nameOf(member)}</strong>{isSelf && <Badge tone="accent">This machine</Badge>}</span><span className="mono faint member-id" title={member.id}>…{member.id.slice(-12)}</span></th>
                <td>
                  {member.removed ? <Badge tone="bad">Removed</Badge> : isAdmin && !isSelf
                    ? <label className="choice is-small"><span className="unseen">Role of {nameOf(member)}</span><select value={member.role} onChange={event => void setRole(member, event.target.value as typeof ROLES[number])}>{ROLES.map(role => <option key={role} value={role}>{ROLE_TEXTS[role]}</option>)}</select></label>
                    : <span className="role">{member.role}</span>}
                </td>
                <td>{isSelf ? <span className="muted">–</span> : <Connection peer={peer} />}</td>
                <td className="figure">{peer === undefined ? '' : <Amount bytes={peer.bytesIn} rate={rates.get(member.id)?.in ?? 0} />}</td>
                <td className="figure">{peer === undefined ? '' : <Amount bytes={peer.bytesOut} rate={rates.get(member.id)?.out ?? 0} />}</td>
                <td className="end">{isAdmin && !isSelf && !member.removed && <Menu label={`More about ${nameOf(member)}`} items={[{ text: 'Remove from the team', icon: 'trash', tone: 'danger', run: () => setLeaving(member) }]} />}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {leaving !== undefined && (
        <ConfirmDialog
          title={`Remove ${nameOf(leaving)}?`} name={nameOf(leaving)} action="Remove" close={() => setLeaving(undefined)}
          confirm={async () => {
            await removeMember(leaving.id)
            notify(`${nameOf(leaving)} is no longer in the team`)
          }}
        >
          <p>Every machine that hears of it refuses this device from then on. What it already has, it keeps; nothing new reaches it.</p>
        </ConfirmDialog>
      )}
    </>
  )
}

const nameOf = (member: Member): string => member.name === '' ? `…${member.id.slice(-8)}` : member.name

function Connection({ peer }: { peer: Peer | undefined }) {
  if (peer?.connected === true) return <span className="connection"><span className="dot is-good" />connected{peer.roundTripMs === undefined ? '' : <span className="muted figure"> {Math.round(peer.roundTripMs)} ms</span>}</span>
  return <span className="connection muted"><span className="dot" />{peer?.lastSeen === undefined ? 'not connected' : <>seen <Time at={peer.lastSeen} /></>}</span>
}

function Amount({ bytes, rate }: { bytes: number, rate: number }) {
  return <>{showBytes(bytes)}{rate > 0 && <span className="rate">{showBytes(rate)}/s</span>}</>
}
