import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { entryQuery } from '../api/queries.ts'
import type { VersionRef } from '../api/types.ts'
import { Panel } from './facts.tsx'
import { Icon } from './icon.tsx'
import { Skeleton } from './states.tsx'

const TextPreview = lazy(() => import('./preview/markdown-preview.tsx'))

const CARD = 'README.md'

/** The README.md of a version, where it has one: who made the data, what it holds, what it may be used for. */
export function DataCard({ version }: { version: VersionRef }) {
  const { data: entry } = useQuery({ ...entryQuery(version, CARD), retry: false })
  if (entry?.type !== 'file') return null
  return (
    <Panel id="card" title={<><Icon name="book" />Data card</>}>
      <Suspense fallback={<Skeleton rows={6} label="Loading the data card" />}><TextPreview version={version} file={entry} /></Suspense>
    </Panel>
  )
}
