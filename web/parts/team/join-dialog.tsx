import { useState } from 'react'
import { joinTeam } from '../../api/changes.ts'
import { FormDialog, TextField } from '../form.tsx'

/** S1: this machine joins a team with the line another one made. Only a home without work of its own may. */
export function JoinDialog({ close, joined }: { close: () => void, joined: () => Promise<unknown> }) {
  const [line, setLine] = useState('')
  const invite = inviteOf(line)
  const submit = async (): Promise<void> => {
    await joinTeam(invite)
    await joined()
  }
  return (
    <FormDialog title="Join a team" action="Join" close={close} submit={submit} disabled={invite === ''} fields={['invite']}>
      {errors => (
        <>
          <p className="muted">Paste the invite that an admin of the team made. This machine leaves its own empty workspace and takes on the team’s; the example datasets go with it.</p>
          <TextField label="Invite" isNeeded isMono lines={4} error={errors.get('invite')} value={line} change={setLine} placeholder="npx shoal join …" />
        </>
      )}
    </FormDialog>
  )
}

/** The invite in what was pasted: people copy the whole line. */
const inviteOf = (text: string): string => text.trim().split(/\s+/).at(-1) ?? ''
