import { useQuery } from '@tanstack/react-query'
import { topFileQuery } from '../api/queries.ts'
import type { VersionRef } from '../api/types.ts'
import { Panel } from './facts.tsx'
import { Icon } from './icon.tsx'
import { later } from './later.tsx'
import { Skeleton } from './states.tsx'

const MarkdownPreview = later(() => import('./preview/markdown-preview.tsx'), <Skeleton rows={6} label="Loading the data card" />)

const CARD = 'README.md'

/** The README.md of a version, where it has one: who made the data, what it holds, what it may be used for. */
export function DataCard({ version }: { version: VersionRef }) {
  const { data: entry } = useQuery({ ...topFileQuery(version, CARD), retry: false })
  if (entry?.type !== 'file') return null
  return (
    <Panel id="card" title={<><Icon name="book" />Data card</>}>
      <MarkdownPreview version={version} file={entry} />
    </Panel>
  )
}
