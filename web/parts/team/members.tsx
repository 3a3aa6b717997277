import { useState } from 'react'
import { changeRole, removeMember } from '../../api/changes.ts'
import type { Member, NodeItem, Peer } from '../../api/types.ts'
import { Badge } from '../badge.tsx'
import { ConfirmDialog } from '../confirm.tsx'
import { showBytes } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { Menu } from '../menu.tsx'
import { useMemberNames } from '../member.tsx'
import { attempt, notify } from '../toasts.tsx'
import { Connection } from './connection.tsx'

/** S8: the devices of the team: what each may do, whether it is there, what goes to it and comes from it. */

const ROLES = ['admin', 'writer', 'reader'] as const
type Role = typeof ROLES[number]
const ROLE_TEXTS = { admin: 'Admin: also invites and removes', writer: 'Writer: changes and publishes', reader: 'Reader: only looks' } as const
const withArticle = (role: Role): string => `${role === 'admin' ? 'an' : 'a'} ${role}`

interface Props { readonly members: readonly Member[], readonly peers: readonly Peer[], readonly node: NodeItem | undefined, readonly isAdmin: boolean }

/** Something that asks for the name first: `role` undefined takes the member out of the team. */
interface Asked { readonly member: Member, readonly name: string, readonly role: Role | undefined }

export function Members({ members, peers, node, isAdmin }: Props) {
  const [asked, setAsked] = useState<Asked>()
  const nameOf = useMemberNames()
  const shown = [...members.filter(member => !member.removed), ...members.filter(member => member.removed)]
  return (
    <>
      <table className="rows stacking members">
        <thead><tr><th scope="col">Machine</th><th scope="col">Role</th><th scope="col">Connection</th><th scope="col" className="figure">Received</th><th scope="col" className="figure">Sent</th><th scope="col" className="end"><span className="unseen">Actions</span></th></tr></thead>
        <tbody>
          {shown.map(member => {
            const isSelf = member.id === node?.id
            const name = nameOf(member.id)
            return <Row key={member.id} member={member} name={name} peer={peers.find(peer => peer.id === member.id)} isSelf={isSelf} isChangeable={isAdmin && !isSelf && !member.removed} ask={role => setAsked({ member, name, role })} />
          })}
        </tbody>
      </table>
      {asked !== undefined && <Ask asked={asked} close={() => setAsked(undefined)} />}
    </>
  )
}

interface RowProps { readonly member: Member, readonly name: string, readonly peer: Peer | undefined, readonly isSelf: boolean, readonly isChangeable: boolean, readonly ask: (role: Role | undefined) => void }

function Row({ member, name, peer, isSelf, isChangeable, ask }: RowProps) {
  // Whoever becomes or stops being an admin is asked about; the rest is taken back as quickly as it is done.
  const choose = (role: Role): void => role === 'admin' || member.role === 'admin' ? ask(role) : void setRole(member, name, role)
  return (
    <tr className={member.removed ? 'is-gone' : ''}>
      <th scope="row"><span className="member-name"><Icon name="screen" /><strong>{name}</strong>{isSelf && <Badge tone="accent">This machine</Badge>}</span><span className="mono faint member-id" title={member.id}>…{member.id.slice(-12)}</span></th>
      <td>
        {member.removed ? <Badge tone="bad">Removed</Badge> : isChangeable
          ? <label className="choice is-small"><span className="unseen">Role of {name}</span><select value={member.role} onChange={event => choose(event.target.value as Role)}>{ROLES.map(role => <option key={role} value={role}>{ROLE_TEXTS[role]}</option>)}</select></label>
          : <span className="role">{member.role}</span>}
      </td>
      <td>{isSelf || member.removed ? <span className="muted">–</span> : <Connection peer={peer} />}</td>
      <td className="figure" data-label="received">{peer === undefined || member.removed ? '' : <Amount bytes={peer.bytesIn} rate={peer.inRate} />}</td>
      <td className="figure" data-label="sent">{peer === undefined || member.removed ? '' : <Amount bytes={peer.bytesOut} rate={peer.outRate} />}</td>
      <td className="end">{isChangeable && <Menu label={`More about ${name}`} items={[{ text: 'Remove from the team', icon: 'trash', tone: 'danger', run: () => ask(undefined) }]} />}</td>
    </tr>
  )
}

const setRole = (member: Member, name: string, role: Role): Promise<void> => attempt(async () => {
  await changeRole(member.id, role)
  notify(`${name} is ${withArticle(role)} now`, { action: { text: 'Undo', run: () => void setRole({ ...member, role }, name, member.role) } })
})

function Ask({ asked: { member, name, role }, close }: { asked: Asked, close: () => void }) {
  if (role !== undefined) {
    return (
      <ConfirmDialog title={`Make ${name} ${withArticle(role)}?`} name={name} action={role === 'admin' ? 'Make it an admin' : 'Change the role'} close={close} confirm={() => changeRole(member.id, role)}>
        <p>{role === 'admin' ? 'An admin invites and removes machines and changes roles, yours too.' : 'It no longer invites or removes machines, and changes no roles. What it did as an admin stays.'}</p>
      </ConfirmDialog>
    )
  }
  return (
    <ConfirmDialog
      title={`Remove ${name}?`} name={name} action="Remove" close={close}
      confirm={async () => {
        await removeMember(member.id)
        notify(`${name} is no longer in the team`)
      }}
    >
      <p>Every machine that hears of it refuses it from then on. What it already has, it keeps; nothing new reaches it.</p>
    </ConfirmDialog>
  )
}

function Amount({ bytes, rate }: { bytes: number, rate: number }) {
  return <>{showBytes(bytes)}{rate > 0 && <span className="rate">{showBytes(rate)}/s</span>}</>
}
