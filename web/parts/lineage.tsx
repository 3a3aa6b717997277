import { Controls, Handle, MarkerType, Position, ReactFlow, type Edge, type Node, type NodeProps, type ReactFlowInstance } from '@xyflow/react'
import dagre from '@dagrejs/dagre'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { Link } from 'wouter'
import '@xyflow/react/dist/base.css'
import '../style/lineage.css'
import type { DatasetRef, Version } from '../api/types.ts'
import { StateBadge } from './badge.tsx'
import { Facts } from './facts.tsx'
import { counted, showBytes } from './figures.ts'
import { Icon } from './icon.tsx'
import { MemberName } from './member.tsx'
import { nameIn, versionPlace } from './places.ts'
import { Tags } from './tags.tsx'
import { Time } from './time.tsx'

/** W1, C9: which version comes from which, drawn. The list holds the same for those who do not see it. */

/** Of a node, as the style sheet has it. Pixels. */
const WIDTH = 196
const HEIGHT = 84
/** In a window below 720 pixels there is no room beside a node, only below. */
const WIDE = window.matchMedia('(min-width: 720px)')

type VersionNode = Node<{ version: Version, isAcross: boolean }, 'version'>

/** A graph of one node is not blown up. */
const FIT = { maxZoom: 1, padding: 0.15 }

const nodeTypes = { version: VersionCard }

interface Props {
  readonly of: DatasetRef
  readonly versions: readonly Version[]
  readonly chosen: string | undefined
  readonly choose: (id: string | undefined) => void
}

export default function Lineage({ of, versions, chosen, choose }: Props) {
  const isAcross = useSyncExternalStore(watchWidth, () => WIDE.matches)
  const { nodes, edges } = useMemo(() => laidOut(versions, isAcross), [versions, isAcross])
  const [flow, setFlow] = useState<ReactFlowInstance<VersionNode>>()
  const box = useRef<HTMLDivElement>(null)
  // The panel takes room from the graph, a new version wants some.
  useEffect(() => {
    if (flow === undefined || box.current === null) return undefined
    const resized = new ResizeObserver(() => void flow.fitView(FIT))
    resized.observe(box.current)
    return () => resized.disconnect()
  }, [flow, nodes])
  const shown = versions.find(version => version.id === chosen)
  return (
    <div className={`lineage${shown === undefined ? '' : ' has-info'}`}>
      <div ref={box} className="lineage-graph">
        <ReactFlow
          nodes={nodes.map(node => ({ ...node, selected: node.id === chosen }))} edges={edges} nodeTypes={nodeTypes} fitView fitViewOptions={FIT} onInit={setFlow} minZoom={0.1} maxZoom={1.5}
          nodesDraggable={false} nodesConnectable={false} edgesFocusable={false} proOptions={{ hideAttribution: true }} preventScrolling={false} aria-label="Graph of versions"
          onNodeClick={(_, node) => choose(node.id)} onPaneClick={() => choose(undefined)}
          onSelectionChange={({ nodes: [node] }) => { if (node !== undefined && node.id !== chosen) choose(node.id) }}
        >
          <Controls showInteractive={false} />
        </ReactFlow>
      </div>
      {shown !== undefined && <Info of={of} version={shown} close={() => choose(undefined)} />}
    </div>
  )
}

function watchWidth(listener: () => void): () => void {
  WIDE.addEventListener('change', listener)
  return () => WIDE.removeEventListener('change', listener)
}

function laidOut(versions: readonly Version[], isAcross: boolean): { nodes: VersionNode[], edges: Edge[] } {
  const known = new Set(versions.map(version => version.id))
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: isAcross ? 'LR' : 'TB', nodesep: 28, ranksep: 56 })
  graph.setDefaultEdgeLabel(() => ({}))
  const oldestFirst = versions.toReversed()
  for (const { id } of oldestFirst) graph.setNode(id, { width: WIDTH, height: HEIGHT })
  const edges = oldestFirst.flatMap(({ id, parents }) => parents.filter(parent => known.has(parent.id)).map(parent => ({ id: `${parent.id} ${id}`, source: parent.id, target: id, markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 } })))
  for (const { source, target } of edges) graph.setEdge(source, target)
  dagre.layout(graph)
  return {
    nodes: oldestFirst.map(version => {
      const { x = 0, y = 0 } = graph.node(version.id)
      return { id: version.id, type: 'version' as const, position: { x: x - WIDTH / 2, y: y - HEIGHT / 2 }, data: { version, isAcross }, width: WIDTH, height: HEIGHT, measured: { width: WIDTH, height: HEIGHT }, handles: handlesOf(isAcross), ariaLabel: `Version ${version.number} ${version.name}` }
    }),
    edges
  }
}

/** Given, not measured: what is measured is forgotten whenever nodes are made anew, and edges with it. */
const handlesOf = (isAcross: boolean): NonNullable<VersionNode['handles']> => isAcross
  ? [{ type: 'target', position: Position.Left, x: 0, y: HEIGHT / 2 }, { type: 'source', position: Position.Right, x: WIDTH, y: HEIGHT / 2 }]
  : [{ type: 'target', position: Position.Top, x: WIDTH / 2, y: 0 }, { type: 'source', position: Position.Bottom, x: WIDTH / 2, y: HEIGHT }]

function VersionCard({ data: { version, isAcross }, selected }: NodeProps<VersionNode>) {
  return (
    <div className={`lineage-node${selected ? ' is-chosen' : ''}`}>
      <Handle type="target" position={isAcross ? Position.Left : Position.Top} isConnectable={false} />
      <p className="lineage-name"><strong>{version.number}</strong> <span className="muted">{version.name}</span></p>
      <p className="lineage-facts"><StateBadge state={version.state} /><span className="muted">{version.bytes === null ? 'elsewhere' : showBytes(version.bytes)}</span></p>
      <p className="lineage-time muted"><Time at={version.updatedAt} /><span className="lineage-details">Details</span></p>
      <Handle type="source" position={isAcross ? Position.Right : Position.Bottom} isConnectable={false} />
    </div>
  )
}

function Info({ of, version, close }: { of: DatasetRef, version: Version, close: () => void }) {
  return (
    <aside className="lineage-info" aria-label={`About version ${version.number}`}>
      <header>
        <h2>{version.number} <span className="muted">{version.name}</span></h2>
        <button type="button" className="button is-quiet is-small is-square" aria-label="Close" onClick={close}><Icon name="close" /></button>
      </header>
      {version.description !== '' && <p className="muted">{version.description}</p>}
      <Facts facts={[
        ['State', <StateBadge key="state" state={version.state} />],
        ['Files', version.files === null ? 'elsewhere' : counted(version.files, 'file')],
        ['Size', version.bytes === null ? 'elsewhere' : showBytes(version.bytes)],
        ['Comes from', version.parents.map(parent => parent.number ?? 'deleted').join(', ')],
        ['By', <MemberName key="by" id={version.createdBy} />],
        ['Updated', <Time key="updated" at={version.updatedAt} />],
        ['Tags', version.tags.length === 0 ? '' : <Tags key="tags" tags={version.tags} />]
      ]}
      />
      <div className="lineage-ways">
        <Link href={versionPlace({ ...of, version: nameIn(version.ref) })} className="button is-primary">Open</Link>
        {version.parents.length > 0 && <Link href={versionPlace({ ...of, version: nameIn(version.ref) }, { tab: 'changes' })} className="button">Changes</Link>}
      </div>
    </aside>
  )
}
