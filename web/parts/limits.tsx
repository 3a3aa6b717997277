import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { setLimits } from '../api/changes.ts'
import { limitsQuery } from '../api/queries.ts'
import type { LimitsItem } from '../api/types.ts'
import { ProblemNote, TextField, useAction } from './form.tsx'
import { Loaded } from './states.tsx'
import { notify } from './toasts.tsx'

/** How fast this node may send to its peers and receive from them. */
export function Limits() {
  const query = useQuery(limitsQuery())
  // Another answer, another form.
  return <Loaded query={query} rows={1}>{limits => <LimitsForm key={`${limits.upload} ${limits.download}`} limits={limits} />}</Loaded>
}

const MIB = 1024 * 1024

const shown = (bytes: number | undefined): string => bytes === undefined ? '' : String(Math.round(bytes / MIB * 100) / 100)

/** @returns bytes a second; null: no limit; NaN: no number */
const bytesOf = (text: string): number | null => text.trim() === '' ? null : Math.round(Number(text.replace(',', '.')) * MIB)

/** Below it transfers would not stay alive; the node refuses less, too, but speaks of bytes. MiB a second. */
const LEAST = 0.25

function wrong(bytes: number | null): string | undefined {
  if (bytes === null || bytes >= LEAST * MIB && Number.isFinite(bytes)) return undefined
  return Number.isFinite(bytes) ? `at least ${LEAST} MiB a second: slower, transfers would break off` : 'a number of MiB a second, or nothing for no limit'
}

function LimitsForm({ limits }: { limits: LimitsItem }) {
  const client = useQueryClient()
  const [upload, setUpload] = useState(shown(limits.upload))
  const [download, setDownload] = useState(shown(limits.download))
  const wanted = { upload: bytesOf(upload), download: bytesOf(download) }
  const { run, busy, problem } = useAction(async () => {
    client.setQueryData(limitsQuery().queryKey, await setLimits(wanted))
    notify('The new limits hold from now on')
  })
  const changed = upload !== shown(limits.upload) || download !== shown(limits.download)
  // Nobody is told off while still writing.
  const [isTold, setTold] = useState(false)
  const faultOf = (field: 'upload' | 'download'): string | undefined => (isTold ? wrong(wanted[field]) : undefined) ?? problem?.fields.get(field)
  return (
    <form
      className="limits" noValidate onSubmit={event => {
        event.preventDefault()
        const isRight = wrong(wanted.upload) === undefined && wrong(wanted.download) === undefined
        setTold(!isRight)
        if (isRight) void run()
      }}
    >
      <ProblemNote problem={problem} without={['upload', 'download']} />
      <div className="form-row">
        <TextField label="Send at most" hint="MiB a second, to all peers together" placeholder="no limit" error={faultOf('upload')} value={upload} change={setUpload} />
        <TextField label="Receive at most" hint="MiB a second, from all peers together" placeholder="no limit" error={faultOf('download')} value={download} change={setDownload} />
      </div>
      <p><button type="submit" className="button" disabled={busy || !changed}>Save limits</button></p>
    </form>
  )
}
