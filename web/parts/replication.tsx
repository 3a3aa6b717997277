import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { editDataset } from '../api/changes.ts'
import { nodeQuery, peersQuery, replicationQuery } from '../api/queries.ts'
import type { Dataset, ReplicationItem } from '../api/types.ts'
import { Badge } from './badge.tsx'
import { Panel } from './facts.tsx'
import { FormDialog } from './form.tsx'
import { Icon } from './icon.tsx'
import { MemberChoices } from './member-choices.tsx'
import { MemberName } from './member.tsx'
import { nameIn } from './places.ts'
import { Loaded } from './states.tsx'
import { CopyVerdict } from './team/copies.tsx'

/** L1: who must keep a full copy of a dataset, how many copies of its versions there are now, and where. */
export function Replication({ dataset }: { dataset: Dataset }) {
  const ref = { ns: dataset.namespace, name: dataset.name }
  const query = useInfiniteQuery(replicationQuery(ref))
  const { data: node } = useQuery(nodeQuery())
  const [editing, setEditing] = useState(false)
  const change = node?.role === 'reader' ? undefined : <button type="button" className="button is-small is-quiet" aria-label="Change who must keep a copy" onClick={() => setEditing(true)}><Icon name="edit" />Change</button>
  return (
    <Panel id="copies" title="Copies" aside={change}>
      <Loaded query={query} rows={2}>
        {({ pages }) => {
          const items = pages.flatMap(page => page.items).toReversed()
          return items.length === 0 ? <NoneYet registry={dataset.registry} /> : <Shown items={items} latest={dataset.latest} />
        }}
      </Loaded>
      {editing && <RegistryDialog dataset={dataset} close={() => setEditing(false)} />}
    </Panel>
  )
}

function NoneYet({ registry }: { registry: readonly string[] }) {
  return (
    <div className="copies">
      <p className="muted">Copies are counted once a version is published: each machine that holds and has checked all of it says so, signed.</p>
      {registry.length > 0 && <ul className="plain copy-list">{registry.map(id => <li key={id}><MemberName id={id} /><Badge>must keep it</Badge></li>)}</ul>}
    </div>
  )
}

/** @property items newest first, at least one @property latest the highest number that is published */
function Shown({ items, latest }: { items: readonly ReplicationItem[], latest: string | null }) {
  const [chosen, setChosen] = useState<string>()
  const item = items.find(one => one.record === chosen) ?? items.find(one => nameIn(one.version) === latest) ?? items[0]
  if (item === undefined) return null
  return (
    <div className="copies">
      {items.length > 1 && (
        <label className="choice is-wide is-small">
          <span className="unseen">Version whose copies are shown</span>
          <select value={item.record} onChange={event => setChosen(event.target.value)}>{items.map(one => <option key={one.record} value={one.record}>{nameIn(one.version)}: {one.holders.length} of {one.members}</option>)}</select>
        </label>
      )}
      <CopyVerdict item={item} />
      {items.length === 1 && <p className="muted">Version {nameIn(item.version)}</p>}
      <Holders item={item} />
    </div>
  )
}

function Holders({ item: { holders, registry } }: { item: ReplicationItem }) {
  const { data: node } = useQuery(nodeQuery())
  const { data: peers = [] } = useQuery(peersQuery())
  const isHere = (id: string): boolean => id === node?.id || peers.some(peer => peer.id === id && peer.connected)
  const missing = registry.filter(id => !holders.includes(id))
  return (
    <ul className="plain copy-list" aria-label="Machines">
      {[...missing, ...holders].map(id => {
        const holds = holders.includes(id)
        return (
          <li key={id} className={holds ? 'is-held' : 'is-missing'}>
            <Icon name={holds ? 'check' : 'warning'} />
            <span className="copy-machine"><MemberName id={id} />{id === node?.id && <span className="muted"> (this one)</span>}<small className="muted">{holds ? 'holds all of it' : isHere(id) ? 'does not have all of it yet' : 'does not have all of it; not connected'}</small></span>
            {registry.includes(id) && <Badge tone={holds ? 'good' : 'draft'}>must keep it</Badge>}
          </li>
        )
      })}
    </ul>
  )
}

function RegistryDialog({ dataset, close }: { dataset: Dataset, close: () => void }) {
  const [registry, setRegistry] = useState(dataset.registry)
  const ref = { ns: dataset.namespace, name: dataset.name }
  return (
    <FormDialog title={`Who must keep ${dataset.ref}`} action="Save" size="small" close={close} submit={() => editDataset(ref, { registry: [...registry] }, dataset.revision)} fields={['registry']}>
      {() => (
        <>
          <p className="muted">A machine that must keep it fetches every version, and says so here until it has all of it. The others keep what their own settings say.</p>
          <MemberChoices label="Must be kept by" chosen={registry} change={setRegistry} />
        </>
      )}
    </FormDialog>
  )
}
