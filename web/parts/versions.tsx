import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type KeyboardEvent } from 'react'
import { Link } from 'wouter'
import { versionsQuery } from '../api/queries.ts'
import type { DatasetRef, Version } from '../api/types.ts'
import { Badge, StateBadge } from './badge.tsx'
import { Panel } from './facts.tsx'
import { counted, showBytes, showCount } from './figures.ts'
import { Icon } from './icon.tsx'
import { nameIn, versionPlace } from './places.ts'
import { Empty, Failure, Skeleton } from './states.tsx'
import { Time } from './time.tsx'

/** The versions of a dataset, newest first. */
export function Versions({ of, latest }: { of: DatasetRef, latest: string | null }) {
  const [archived, setArchived] = useState(false)
  const query = useInfiniteQuery(versionsQuery(of, archived))
  const versions = query.data?.pages.flatMap(page => page.items).toReversed()
  const archive = <button type="button" className="button is-quiet is-small" aria-pressed={archived} onClick={() => setArchived(!archived)}><Icon name="archive" />Archive</button>
  return (
    <Panel id="versions" title={archived ? 'Archived versions' : 'Versions'} aside={archive}>
      {versions === undefined
        ? query.error === null ? <Skeleton rows={3} label="Loading versions" /> : <Failure error={query.error} retry={() => void query.refetch()} />
        : versions.length === 0 ? <NoVersions archived={archived} of={of} /> : <VersionTable of={of} versions={versions} latest={latest} />}
      {query.hasNextPage && <button type="button" className="button more" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more versions</button>}
    </Panel>
  )
}

function NoVersions({ archived, of }: { archived: boolean, of: DatasetRef }) {
  return archived
    ? <Empty icon="archive" title="No version is archived" />
    : <Empty icon="branch" title="No versions"><p>Start one with <code>npx shoal version create {of.ns}/{of.name}@1.0.0 --empty</code></p></Empty>
}

function VersionTable({ of, versions, latest }: { of: DatasetRef, versions: readonly Version[], latest: string | null }) {
  return (
    <table className="rows versions" onKeyDown={walk}>
      <thead>
        <tr><th scope="col">Version</th><th scope="col">State</th><th scope="col" className="figure">Files</th><th scope="col" className="figure">Size</th><th scope="col" className="figure">Updated</th></tr>
      </thead>
      <tbody>
        {versions.map(version => (
          <tr key={version.id}>
            <th scope="row">
              <Link href={versionPlace({ ...of, version: nameIn(version.ref) })} className="cover">{version.number}</Link>
              {version.name !== '' && <span className="muted version-name">{version.name}</span>}
              {version.number === latest && version.state === 'published' && <Badge tone="accent">Latest</Badge>}
              {version.description !== '' && <p className="version-text muted">{version.description}</p>}
            </th>
            <td><StateBadge state={version.state} />{version.published !== null && version.published.clashes.length > 0 && <Badge tone="bad" title="Another version was published under this number">Conflict</Badge>}</td>
            <td className="figure" data-unit={version.files === 1 ? 'file' : 'files'}>{version.files === null ? <Elsewhere /> : showCount(version.files)}</td>
            <td className="figure">{version.bytes === null ? <Elsewhere /> : showBytes(version.bytes)}</td>
            <td className="figure muted"><Time at={version.updatedAt} /></td>
          </tr>
        ))}
      </tbody>
      <caption className="unseen">{counted(versions.length, 'version')}, newest first</caption>
    </table>
  )
}

const Elsewhere = () => <span className="faint" title="Its data is not on this node">elsewhere</span>

function walk(event: KeyboardEvent<HTMLTableElement>): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('.cover')]
  const at = links.indexOf(event.target as HTMLElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key]
  if (to === undefined || at < 0) return
  event.preventDefault()
  links[Math.max(0, Math.min(links.length - 1, to))]?.focus()
}
