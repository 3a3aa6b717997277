import { useMemo } from 'react'
import type { VersionRef } from '../../api/types.ts'
import { Empty } from '../states.tsx'
import { readArrow } from './arrow-table.ts'
import { DataTable } from './data-table.tsx'
import type { File } from './kinds.ts'
import { LoadedBytes } from './loaded-bytes.tsx'
import type { Table } from './tables.ts'

/** Batches of rows are some megabytes long. Bytes. */
const AT_FIRST = 4 * 1024 * 1024
const AT_MOST = 64 * 1024 * 1024

/** Arrow and Feather files: the rows of their first batches. */
export default function ArrowPreview({ version, file }: { version: VersionRef, file: File }) {
  return <LoadedBytes version={version} file={file} atFirst={AT_FIRST} atMost={AT_MOST}>{(bytes, isWhole) => <Rows bytes={bytes} isWhole={isWhole} />}</LoadedBytes>
}

function Rows({ bytes, isWhole }: { bytes: Uint8Array, isWhole: boolean }) {
  const read = useMemo((): { table: Table } | { problem: string } => {
    try {
      return { table: readArrow(bytes, isWhole) }
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) }
    }
  }, [bytes, isWhole])
  if ('problem' in read) return <Empty icon="tabular" title="This file can not be read as Arrow"><p>{read.problem}</p></Empty>
  if (read.table.rows.length === 0 && !isWhole) return <Empty icon="tabular" title="The first rows are further behind"><p>Its first batch is larger than what was loaded. Show more below.</p></Empty>
  return <DataTable table={read.table} />
}
