import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { bytesQuery } from '../../api/queries.ts'
import type { VersionRef } from '../../api/types.ts'
import { showBytes } from '../figures.ts'
import { Loaded } from '../states.tsx'
import type { File } from './kinds.ts'

interface Props {
  readonly version: VersionRef
  readonly file: File
  /** Bytes loaded at first; "more" loads four times as many. */
  readonly atFirst: number
  readonly atMost: number
  readonly children: (bytes: Uint8Array, isWhole: boolean) => ReactNode
}

/** The beginning of a file, and more of it when asked for. */
export function LoadedBytes({ version, file, atFirst, atMost, children }: Props) {
  const [length, setLength] = useState(atFirst)
  const query = useQuery({ ...bytesQuery(version, file, 0, length), placeholderData: keepPreviousData })
  return (
    <Loaded query={query} rows={6}>
      {bytes => (
        <>
          {children(bytes, bytes.length >= file.size)}
          {bytes.length < file.size && (
            <p className="table-foot muted">
              The first {showBytes(bytes.length)} of {showBytes(file.size)}.
              {length < atMost && <button type="button" className="button is-small" disabled={query.isPlaceholderData} onClick={() => setLength(Math.min(atMost, length * 4))}>Show more</button>}
            </p>
          )}
        </>
      )}
    </Loaded>
  )
}
