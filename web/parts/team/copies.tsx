import type { ReplicationItem } from '../../api/types.ts'
import { counted, showCount } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { MemberName } from '../member.tsx'

/** L1: on how many machines a published version is safe, and on which. */

/** `3 of 4`, with a box for each machine that may hold it. */
export function CopyCount({ item: { holders, members, shortfall } }: { item: ReplicationItem }) {
  return (
    <span className={`copy-count${shortfall.length > 0 ? ' is-short' : ''}`}>
      {members <= MOST_BOXES && <span className="copy-boxes" aria-hidden="true">{Array.from({ length: members }, (_, i) => <span key={i} className={i < holders.length ? 'is-held' : ''} />)}</span>}
      {showCount(holders.length)} of {showCount(members)}
    </span>
  )
}
/** Boxes the eye still counts. */
const MOST_BOXES = 8

/** The sentence over a list of copies. */
export function CopyVerdict({ item: { holders, members, shortfall } }: { item: ReplicationItem }) {
  const short = shortfall.length > 0
  // One copy is not safe, whatever else is said.
  if (members === 1 && !short) return <p className="verdict" role="status"><Icon name="storage" size={18} /><span>Only on this machine so far</span></p>
  return (
    <p className={`verdict ${short ? 'is-warn' : 'is-good'}`} role="status">
      <Icon name={short ? 'warning' : 'seal'} size={18} />
      <span>Safe on {showCount(holders.length)} of {counted(members, 'machine')}{short && `; ${counted(shortfall.length, 'copy', 'copies')} missing`}</span>
    </p>
  )
}

/** Names with commas between them; the rest as a number. */
export function MemberNames({ ids, most = 4 }: { ids: readonly string[], most?: number }) {
  if (ids.length === 0) return <span className="faint">nobody</span>
  return (
    <>
      {ids.slice(0, most).map((id, i) => <span key={id}>{i > 0 && ', '}<MemberName id={id} /></span>)}
      {ids.length > most && <span className="muted"> and {showCount(ids.length - most)} more</span>}
    </>
  )
}
