import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { decompress as decompressZstd } from 'fzstd'
import { type AsyncBuffer, type Compressors, type FileMetaData, type SchemaTree, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet'
import { decompressBrotli } from 'hyparquet-compressors/src/brotli.js'
import { gunzip } from 'hyparquet-compressors/src/gzip.js'
import { decompressLz4, decompressLz4Raw } from 'hyparquet-compressors/src/lz4.js'
import { useMemo } from 'react'
import { fileAt } from '../../api/addresses.ts'
import { getBytes } from '../../api/fetch.ts'
import type { VersionRef } from '../../api/types.ts'
import { showBytes, showCount } from '../figures.ts'
import { ROWS_PER_PAGE, TableFoot, usePage } from '../row-pager.tsx'
import { Empty, Loaded } from '../states.tsx'
import { statsOf } from './column-stats.ts'
import { TableGrid } from './data-table.tsx'
import type { File } from './kinds.ts'
import { cellText } from './tables.ts'

/** Parquet, read by ranges: only the foot and the pages of rows that are looked at, however large the file is. */

/** Columns shown; each is a range of its own. */
const MAX_COLUMNS = 100

/** Of the end of a file, read at first: most describe themselves in less. Bytes. */
const FOOT = 64 * 1024

const compressors: Compressors = {
  GZIP: (input, length) => gunzip(input, new Uint8Array(length)),
  BROTLI: decompressBrotli,
  ZSTD: input => decompressZstd(input),
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw
}

const bufferOf = (version: VersionRef, file: File, signal: AbortSignal): AsyncBuffer => ({
  byteLength: file.size,
  slice: async (start, end = file.size) => (await getBytes(fileAt(version, file.path), file.hash, start, end - start, signal)).buffer
})

export default function ParquetPreview({ version, file }: { version: VersionRef, file: File }) {
  const query = useQuery({
    queryKey: ['bytes', file.hash, 'parquet'], staleTime: Infinity, retry: false,
    queryFn: ({ signal }) => parquetMetadataAsync(bufferOf(version, file, signal), { initialFetchSize: FOOT })
  })
  if (query.error !== null) return <Empty icon="tabular" title="This file can not be read as Parquet"><p>{query.error.message}</p></Empty>
  return <Loaded query={query} rows={8}>{metadata => <Rows version={version} file={file} metadata={metadata} />}</Loaded>
}

function Rows({ version, file, metadata }: { version: VersionRef, file: File, metadata: FileMetaData }) {
  const total = Number(metadata.num_rows)
  const page = usePage('page', total)
  const columns = useMemo(() => parquetSchema(metadata).children.slice(0, MAX_COLUMNS), [metadata])
  const query = useQuery({
    queryKey: ['bytes', file.hash, 'parquet', page.page], staleTime: Infinity, gcTime: 60_000, retry: false, placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const rows = await parquetReadObjects({ file: bufferOf(version, file, signal), metadata, compressors, rowStart: page.from, rowEnd: page.to, columns: columns.map(column => column.element.name), useOffsetIndex: true })
      return { from: page.from, rows: rows.map(row => columns.map(column => cellText(row[column.element.name]))) }
    }
  })
  if (query.error !== null) return <Empty icon="tabular" title="These rows can not be read"><p>{query.error.message}</p></Empty>
  return (
    <Loaded query={query} rows={8}>
      {({ from, rows }) => (
        <>
          <TableGrid from={from} rows={rows} columns={columns.map((column, i) => ({ name: column.element.name, type: typeName(column), stats: statsOf(rows.map(row => row[i] ?? '')) }))} />
          <TableFoot page={page}>{showCount(total)} rows, {showCount(parquetSchema(metadata).children.length)} columns, {showCount(metadata.row_groups.length)} row groups{total > ROWS_PER_PAGE ? '; charts are of this page' : ''}{metadata.created_by === undefined ? '' : `; ${metadata.created_by}`} · {showBytes(file.size)}</TableFoot>
        </>
      )}
    </Loaded>
  )
}

function typeName({ element, children }: SchemaTree): string {
  if (children.length > 0) return element.logical_type?.type.toLowerCase() ?? element.converted_type?.toLowerCase() ?? 'group'
  return (element.logical_type?.type ?? element.converted_type ?? element.type ?? '').toLowerCase().replace('utf8', 'string')
}
