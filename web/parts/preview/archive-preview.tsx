import { useQuery } from '@tanstack/react-query'
import { fileAt } from '../../api/addresses.ts'
import { getBytes } from '../../api/fetch.ts'
import type { VersionRef } from '../../api/types.ts'
import { counted, showBytes } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { Empty, Failure, Skeleton } from '../states.tsx'
import { visible } from '../visible.ts'
import { listArchive } from './archive-list.ts'
import type { File } from './kinds.ts'

/** What is in an archive. Nothing of it is unpacked but the list; names are shown, never followed. */
export default function ArchivePreview({ version, file }: { version: VersionRef, file: File }) {
  const query = useQuery({
    queryKey: ['bytes', file.hash, 'archive', file.path], staleTime: Infinity, retry: false,
    queryFn: ({ signal }) => listArchive(file.path, file.size, (from, length) => getBytes(fileAt(version, file.path), file.hash, from, length, signal))
  })
  if (query.error instanceof RangeError) return <Empty icon="archive" title="This archive can not be listed"><p>{query.error.message}. It can still be downloaded.</p></Empty>
  if (query.error !== null) return <Failure error={query.error} retry={() => void query.refetch()} />
  if (query.data === undefined) return <Skeleton rows={6} label="Reading the list" />
  const { members, isCut } = query.data
  const files = members.filter(member => member.kind === 'file')
  return (
    <>
      <div className="data-table is-archive" tabIndex={0} role="region" aria-label="Content of the archive">
        <table>
          <thead><tr><th scope="col">Path</th><th scope="col" className="figure">Size</th></tr></thead>
          <tbody>{members.map(({ path, size, kind }, i) => <tr key={i}><th scope="row"><Icon name={kind === 'folder' ? 'folder' : kind === 'file' ? 'file' : 'link'} /> {visible(path)}</th><td className="figure">{kind === 'file' ? showBytes(size) : '–'}</td></tr>)}</tbody>
        </table>
      </div>
      <p className="table-foot muted">{isCut ? 'At least ' : ''}{counted(files.length, 'file')}, {showBytes(files.reduce((sum, member) => sum + member.size, 0))} unpacked</p>
    </>
  )
}
