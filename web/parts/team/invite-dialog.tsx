import { useState } from 'react'
import type { Invite, InviteBody } from '../../api/types.ts'
import { Code } from '../copy.tsx'
import { Dialog } from '../dialog.tsx'
import { counted } from '../figures.ts'
import { FormDialog, RadioCards, SelectField, TextField } from '../form.tsx'
import { Time } from '../time.tsx'
import { QrCode } from './qr-code.tsx'

/** S1: an invite for another machine, as a line to run and as a picture to scan. */

const HOUR_MS = 3600 * 1000
const EXPIRIES = [[String(HOUR_MS), 'in an hour'], [String(24 * HOUR_MS), 'in a day'], [String(7 * 24 * HOUR_MS), 'in a week']] as const
const ROLES = [
  { value: 'writer', title: 'Writer', text: 'Creates, changes and publishes.' },
  { value: 'reader', title: 'Reader', text: 'Sees and downloads; changes nothing.' },
  { value: 'admin', title: 'Admin', text: 'Everything; also invites and removes others.' }
] as const

export function InviteDialog({ close, make }: { close: () => void, make: (body: InviteBody) => Promise<Invite> }) {
  const [invite, setInvite] = useState<Invite>()
  const [role, setRole] = useState<'admin' | 'writer' | 'reader'>('writer')
  const [uses, setUses] = useState('1')
  const [expires, setExpires] = useState<string>(EXPIRIES[1][0])
  if (invite !== undefined) return <MadeInvite invite={invite} close={close} />
  return (
    <FormDialog title="Invite a machine" action="Make the invite" close={close} staysOpen submit={async () => setInvite(await make({ role, uses: Number(uses), expiresMs: Number(expires) }))} fields={['role', 'uses', 'expiresMs']}>
      {errors => (
        <>
          <RadioCards label="It joins as" value={role} change={setRole} choices={ROLES} />
          <div className="form-row">
            <TextField label="Machines" hint="How many may use it, up to 100" type="number" error={errors.get('uses')} value={uses} change={setUses} />
            <SelectField label="Expires" error={errors.get('expiresMs')} value={expires} change={setExpires} choices={EXPIRIES} />
          </div>
        </>
      )}
    </FormDialog>
  )
}

function MadeInvite({ invite, close }: { invite: Invite, close: () => void }) {
  return (
    <Dialog title="The invite" close={close}>
      <div className="invite">
        <QrCode text={invite.invite} label="The invite as a QR code" />
        <div className="invite-text">
          <p>Run this on the other machine, on a home that is still fresh:</p>
          <Code label="Join" text={`npx shoal join ${invite.invite}`} />
          <p className="muted">For {invite.uses === 1 ? 'one machine' : counted(invite.uses, 'machine')}, as {invite.role}; expires <Time at={invite.expiresAt} isAhead />. Whoever has it can join: send it as you would a password.</p>
        </div>
      </div>
      <footer className="form-foot"><button type="button" className="button is-primary" onClick={close}>Done</button></footer>
    </Dialog>
  )
}
