import type { Peer } from '../../api/types.ts'
import { showCount } from '../figures.ts'
import { sentence } from '../sentence.ts'
import { Time } from '../time.tsx'

/** How another machine is reached now; where it is not, why, and when it is tried again. */

const WAYS = { direct: 'directly', mdns: 'on the local network', relay: 'through a relay' } as const

export function Connection({ peer }: { peer: Peer | undefined }) {
  if (peer?.connected === true) {
    return (
      <span className="connection" title={peer.address}>
        <span className="dot is-good" />
        <span>connected</span> <span className="muted">{peer.via === undefined ? '' : WAYS[peer.via]}{peer.roundTripMs === undefined ? '' : `, ${showCount(Math.max(1, Math.round(peer.roundTripMs)))} ms`}</span>
      </span>
    )
  }
  return (
    <>
      <span className="connection muted"><span className="dot" />{peer?.lastSeen === undefined ? 'not connected' : <span>seen <Time at={peer.lastSeen} /></span>}</span>
      {peer?.lastError !== undefined && (
        <details className="connection-why">
          <summary>why</summary>
          <p>{sentence(peer.lastError.detail)} {peer.nextTry !== undefined && <>Tried again <Time at={peer.nextTry} isAhead />.</>}</p>
          {peer.addresses.length > 0 && <ul className="plain mono addresses">{peer.addresses.map(address => <li key={address}>{address}</li>)}</ul>}
        </details>
      )}
    </>
  )
}
