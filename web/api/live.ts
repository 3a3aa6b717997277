import type { QueryClient } from '@tanstack/react-query'
import { API } from './addresses.ts'
import { allJobsQuery, jobsQuery } from './queries.ts'
import type { EventItem, JobItem } from './types.ts'

/**
 * Follows what happens on the node and makes stale what the page shows of it. Only a visible page listens: browsers open six
 * connections to one host, and every tab would hold one for good.
 */

export type Link = 'connecting' | 'open' | 'lost'

/** Answers asked anew when a topic's event comes. `bytes` never are: they are named by their hash. */
const STALE: Readonly<Record<string, readonly string[]>> = {
  // The team and its receipts are part of the same catalog.
  dataset: ['datasets', 'dataset', 'versions', 'version', 'files', 'log', 'node', 'members', 'invites', 'replication'],
  version: ['datasets', 'dataset', 'versions', 'version', 'files', 'log', 'node'],
  peer: ['peers', 'sync', 'members', 'node'],
  sync: ['peers', 'sync', 'node']
}
/** A busy import sends many events; the page asks anew this often at most. Milliseconds. */
const GATHER_MS = 250
/** One slow answer does not hold back the news of others for longer. Milliseconds. */
const ROUND_MS = 2000

let link: Link = 'connecting'
const listeners = new Set<() => void>()

export const watchLink = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
export const currentLink = (): Link => link

function setLink(next: Link): void {
  if (next === link) return
  link = next
  for (const listener of listeners) listener()
}

/** @returns a function that ends it */
export function followEvents(client: QueryClient): () => void {
  let source: EventSource | undefined
  let lastId = ''
  const stale = gatherStale(client)

  const open = (): void => {
    source = new EventSource(`${API}/events${lastId === '' ? '' : `?after=${encodeURIComponent(lastId)}`}`)
    source.addEventListener('open', () => {
      if (link === 'lost') void client.invalidateQueries()
      setLink('open')
    })
    source.addEventListener('error', () => {
      setLink('lost')
      // A refused stream is closed for good; the browser only comes back from broken ones by itself.
      if (source?.readyState === EventSource.CLOSED) reopenLater()
    })
    for (const topic of Object.keys(STALE)) listen(topic, () => stale(STALE[topic] ?? []))
    listen('job', event => keepJob(client, event, stale))
    listen('reset', () => void client.invalidateQueries())
  }
  const listen = (topic: string, heard: (event: EventItem) => void): void => source?.addEventListener(topic, message => {
    const event = JSON.parse((message as MessageEvent<string>).data) as EventItem
    lastId = event.id
    heard(event)
  })
  const close = (): void => {
    source?.close()
    source = undefined
  }
  const reopenLater = (): void => {
    close()
    window.setTimeout(follow, 2000)
  }
  const follow = (): void => {
    if (document.visibilityState === 'hidden') close()
    else if (source === undefined) open()
  }
  follow()
  document.addEventListener('visibilitychange', follow)
  return () => {
    document.removeEventListener('visibilitychange', follow)
    close()
  }
}

/** One round of asking anew after the other: what is asked for again before its answer came would never be there in a busy time. */
function gatherStale(client: QueryClient): (keys: readonly string[]) => void {
  const waiting = new Set<string>()
  let isAsking = false
  const ask = async (): Promise<void> => {
    isAsking = true
    while (waiting.size > 0) {
      await after(GATHER_MS)
      const stale = new Set(waiting)
      waiting.clear()
      await Promise.race([client.invalidateQueries({ predicate: ({ queryKey }) => stale.has(String(queryKey[0])) }), after(ROUND_MS)])
    }
    isAsking = false
  }
  return keys => {
    for (const key of keys) waiting.add(key)
    if (!isAsking) void ask()
  }
}

const after = (ms: number): Promise<void> => new Promise(resolve => { window.setTimeout(resolve, ms) })

function keepJob(client: QueryClient, { data }: EventItem, stale: (keys: readonly string[]) => void): void {
  const job = data['job'] as JobItem
  client.setQueryData(['job', job.id], job)
  client.setQueryData(allJobsQuery().queryKey, (jobs: readonly JobItem[] | undefined) => jobs === undefined ? undefined : [job, ...jobs.filter(other => other.id !== job.id)].sort((a, b) => Number(b.id) - Number(a.id)))
  client.setQueryData(jobsQuery().queryKey, (jobs: readonly JobItem[] | undefined) => {
    const others = (jobs ?? []).filter(other => other.id !== job.id)
    return job.state === 'running' ? [...others, job] : others
  })
  if (job.state !== 'running') stale(['datasets', 'dataset', 'versions', 'version', 'files', 'log', 'node'])
}
