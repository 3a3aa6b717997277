import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { collect, keepDataset } from '../api/changes.ts'
import { datasetsQuery, jobQuery, keepQuery, nodeQuery } from '../api/queries.ts'
import type { Dataset, JobItem, NodeItem } from '../api/types.ts'
import { JobLine } from '../parts/activity.tsx'
import { CopyButton } from '../parts/copy.tsx'
import { Facts, Panel } from '../parts/facts.tsx'
import { counted, showBytes, showCount, showShare } from '../parts/figures.ts'
import { ProblemNote, useAction } from '../parts/form.tsx'
import { Icon } from '../parts/icon.tsx'
import { KEEP_NAMES, KeepDialog } from '../parts/keep.tsx'
import { Limits } from '../parts/limits.tsx'
import { Integrity } from '../parts/quality.tsx'
import { Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useTitle } from '../parts/title.ts'

/** This node: what it stores and keeps, whether it is whole, what could be given back. */
export default function Settings() {
  useTitle('Settings')
  const query = useQuery(nodeQuery())
  return (
    <>
      <header className="page-head"><h1>Settings</h1></header>
      <Loaded query={query} rows={8}>
        {node => (
          <div className="columns">
            <div className="column">
              <Panel id="storage" title={<><Icon name="storage" />Storage</>}><Storage node={node} /></Panel>
              <Panel id="verify" title={<><Icon name="check" />Verify</>}><div className="pad"><Integrity subject={undefined} /></div></Panel>
              <Panel id="collect" title={<><Icon name="trash" />Give space back</>}><div className="pad"><Collect /></div></Panel>
              <Panel id="keep" title={<><Icon name="archive" />Kept on this node</>}><Keeps /></Panel>
              <Panel id="limits" title={<><Icon name="pulse" />Speed limits</>}><div className="pad"><Limits /></div></Panel>
            </div>
            <aside className="column is-side" aria-label="About this node">
              <Panel id="node" title="This node">
                <Facts facts={[
                  ['Name', node.name], ['Role', node.role], ['Version', node.version], ['Started', <Time key="started" at={node.startedAt} />],
                  ['Id', <span key="id" className="long"><span className="mono" title={node.id}>{node.id}</span><CopyButton text={node.id} what="the id of this node" /></span>],
                  ['Workspace', <span key="ws" className="long"><span className="mono" title={node.workspace}>{node.workspace}</span><CopyButton text={node.workspace} what="the workspace id" /></span>],
                  ['Addresses', node.addresses.length === 0 ? 'none: it does not listen' : <ul key="addresses" className="plain mono addresses">{[...new Set(node.addresses.map(withoutId))].map(address => <li key={address}>{address}</li>)}</ul>]
                ]}
                />
              </Panel>
            </aside>
          </div>
        )}
      </Loaded>
    </>
  )
}

/** Where it listens; its id stands above. */
const withoutId = (address: string): string => address.replace(/\/p2p\/[^/]+$/, '')

function Storage({ node: { store, datasets } }: { node: NodeItem }) {
  const share = store.bytes === 0 ? 0 : store.storedBytes / store.bytes
  return (
    <div className="storage-panel">
      <dl className="seal-figures">
        <div><dt>As it was put in</dt><dd>{showBytes(store.bytes)}</dd></div>
        <div><dt>On disk</dt><dd>{showBytes(store.storedBytes)}</dd></div>
        <div><dt>Chunks</dt><dd>{showCount(store.chunks)}</dd></div>
        <div><dt>Datasets</dt><dd>{showCount(datasets)}</dd></div>
      </dl>
      <svg className="meter" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label={`${showShare(share)} of the original size is used on disk`}><rect width="100" height="4" className="bar-ground" /><rect width={Math.min(100, share * 100)} height="4" className="bar-value" /></svg>
      <p className="muted">{share > 0 && share < 0.995 ? `Takes ${showShare(share)} of the original size: what several versions share is stored once, and compressed.` : 'What several versions share is stored once.'}</p>
    </div>
  )
}

interface CollectResult { readonly chunks: number, readonly bytes: number, readonly dryRun: boolean, readonly kept: number }

function Collect() {
  const [job, setJob] = useState<JobItem>()
  const { run, busy, problem } = useAction(async (dryRun: boolean) => setJob(await collect(dryRun)))
  const { data: now } = useQuery({ ...jobQuery(job), enabled: job !== undefined })
  const shown = now ?? job
  const result = shown?.state === 'done' ? shown.result as CollectResult : undefined
  const running = busy || shown?.state === 'running'
  return (
    <div className="check-run">
      {shown === undefined && <p className="muted">Removes data that no version needs any more: of deleted versions and of drafts that moved on. Nothing that can still be opened is touched.</p>}
      {shown?.state === 'running' && <JobLine job={shown} />}
      {result !== undefined && <p className="verdict is-good" role="status"><Icon name="check" size={18} />{result.dryRun ? (result.chunks === 0 ? 'There is nothing to give back.' : `${counted(result.chunks, 'chunk')}, ${showBytes(result.bytes)} could be given back.`) : `${counted(result.chunks, 'chunk')}, ${showBytes(result.bytes)} given back.`}</p>}
      {shown?.state === 'failed' && <p className="verdict is-bad" role="alert"><Icon name="warning" size={18} />{shown.error?.detail}</p>}
      <ProblemNote problem={problem} />
      <p className="check-buttons">
        <button type="button" className="button" disabled={running} onClick={() => void run(true)}>See what could go</button>
        {result?.dryRun === true && result.chunks > 0 && <button type="button" className="button is-primary" disabled={running} onClick={() => void run(false)}>Give {showBytes(result.bytes)} back</button>}
      </p>
    </div>
  )
}

/** Rows added at a time: what is kept is asked of each dataset by itself. */
const KEEPS_AT_ONCE = 20

function Keeps() {
  const query = useInfiniteQuery(datasetsQuery({}))
  const [most, setMost] = useState(KEEPS_AT_ONCE)
  const datasets = query.data?.pages.flatMap(page => page.items) ?? []
  const more = (): void => {
    setMost(most + KEEPS_AT_ONCE)
    if (datasets.length < most + KEEPS_AT_ONCE && query.hasNextPage) void query.fetchNextPage()
  }
  return (
    <Loaded query={query} rows={3}>
      {() => datasets.length === 0
        ? <p className="pad muted">There are no datasets yet.</p>
        : (
          <>
            <ul className="plain keeps">{datasets.slice(0, most).map(dataset => <li key={dataset.id}><KeepRow dataset={dataset} /></li>)}</ul>
            {(datasets.length > most || query.hasNextPage) && <button type="button" className="button more" disabled={query.isFetchingNextPage} onClick={more}>Show more datasets</button>}
          </>
        )}
    </Loaded>
  )
}

function KeepRow({ dataset }: { dataset: Dataset }) {
  const ref = { ns: dataset.namespace, name: dataset.name }
  const query = useQuery(keepQuery(ref))
  const [open, setOpen] = useState(false)
  return (
    <div className="keep-row">
      <span className="mono">{dataset.ref}</span>
      <span className="muted">{query.data === undefined ? query.error === null ? '' : 'no network' : KEEP_NAMES[query.data.keep]}</span>
      <button type="button" className="button is-small is-quiet" onClick={() => setOpen(true)} aria-label={`Change what is kept of ${dataset.ref}`}>Change</button>
      {open && (
        <KeepDialog
          dataset={ref} close={() => setOpen(false)} save={async keep => {
            await keepDataset(ref, keep)
            await query.refetch()
          }}
        />
      )}
    </div>
  )
}
