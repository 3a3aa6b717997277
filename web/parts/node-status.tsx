import { useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { currentLink, watchLink } from '../api/live.ts'
import { nodeQuery, peersQuery } from '../api/queries.ts'
import type { NodeItem, Peer } from '../api/types.ts'
import { CopyButton } from './copy.tsx'
import { Disclosure } from './disclosure.tsx'
import { Facts } from './facts.tsx'
import { counted, showBytes, showCount } from './figures.ts'
import { MemberName } from './member.tsx'
import { Time } from './time.tsx'

/** The node behind the page: what it is called, whether it answers, whom it is connected with and what it holds. */

const useLost = (): boolean => useSyncExternalStore(watchLink, currentLink) === 'lost'

const connectedOf = (peers: readonly Peer[] | undefined): number => peers?.filter(peer => peer.connected).length ?? 0

export function NodeStatus() {
  const { data: node } = useQuery(nodeQuery())
  const { data: peers } = useQuery(peersQuery())
  const lost = useLost()
  const connected = connectedOf(peers)
  const state = lost ? 'not answering' : peers === undefined ? 'connecting' : connected === 0 ? 'no peers' : counted(connected, 'peer')
  return (
    <Disclosure
      className="button is-quiet node-button"
      button={<><span className={`dot${lost ? ' is-bad' : node === undefined ? '' : ' is-good'}`} /><span className="unseen">Node </span><span className="node-name">{node?.name ?? ''}</span> <span className="node-peers muted">{state}</span></>}
    >
      {() => node === undefined ? <p className="muted">The node has not answered yet.</p> : <NodeDetails node={node} peers={peers ?? []} />}
    </Disclosure>
  )
}

function NodeDetails({ node, peers }: { node: NodeItem, peers: readonly Peer[] }) {
  return (
    <div className="node-details">
      <Facts facts={[
        ['Node', node.name],
        ['Role', node.role],
        ['Id', <Long key="id" text={node.id} what="the id of this node" />],
        ['Workspace', <Long key="workspace" text={node.workspace} what="the id of the workspace" />],
        ['Started', <Time key="started" at={node.startedAt} />],
        ['Addresses', node.addresses.length === 0 ? 'none' : <ul className="plain">{node.addresses.map(address => <li key={address}><Long text={address} what="this address" /></li>)}</ul>]
      ]}
      />
      <Storage node={node} />
      <h3>Peers</h3>
      {peers.length === 0
        ? <p className="muted">None yet. On this machine run <code>npx shoal invite</code>, on the other <code>npx shoal join</code> with the line it prints.</p>
        : <ul className="plain peers">{peers.map(peer => <PeerRow key={peer.id} peer={peer} />)}</ul>}
    </div>
  )
}

function PeerRow({ peer }: { peer: Peer }) {
  return (
    <li>
      <span className={`dot${peer.connected ? ' is-good' : ''}`} />
      <strong><MemberName id={peer.id} /></strong>
      <span className="muted">{peer.connected ? peer.roundTripMs === undefined ? 'connected' : `${showCount(Math.round(peer.roundTripMs))} ms` : peer.lastSeen === undefined ? 'not seen yet' : <>seen <Time at={peer.lastSeen} /></>}</span>
      <span className="muted figure">{showBytes(peer.bytesIn)} in, {showBytes(peer.bytesOut)} out</span>
    </li>
  )
}

/** What was put in against what lies on disk. */
function Storage({ node: { store } }: { node: NodeItem }) {
  const share = store.bytes === 0 ? 0 : Math.min(1, store.storedBytes / store.bytes)
  return (
    <div className="storage">
      <h3>Storage</h3>
      <div className="bar" role="meter" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} aria-label="Bytes on disk against bytes put in"><span style={{ width: `${share * 100}%` }} /></div>
      <p className="muted">{showBytes(store.storedBytes)} on disk for {showBytes(store.bytes)} in {counted(store.chunks, 'chunk')}</p>
    </div>
  )
}

const Long = ({ text, what }: { text: string, what: string }) => <span className="long"><span className="mono" title={text}>{text}</span><CopyButton text={text} what={what} /></span>

/** One line at the end of every page. */
export function NodeLine() {
  const { data: node } = useQuery(nodeQuery())
  const { data: peers } = useQuery(peersQuery())
  if (node === undefined) return null
  return (
    <>
      <span>{node.name}</span>
      <span>{peers === undefined || peers.length === 0 ? 'no peers yet' : `${showCount(connectedOf(peers))} of ${counted(peers.length, 'peer')} connected`}</span>
      {node.store.storedBytes > 0 && <span>{showBytes(node.store.storedBytes)} stored</span>}
      <span>Shoal {node.version}</span>
    </>
  )
}

/** Stands over the page while the node does not answer. */
export function LostLine() {
  return useLost() ? <p className="lost" role="alert">The node does not answer. What you see may be old; this page goes on by itself when it is back.</p> : null
}
