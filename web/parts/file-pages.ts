import { useQueries, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { FILES_PER_PAGE, filesQuery, outlineQuery } from '../api/queries.ts'
import type { FileItem, VersionRef } from '../api/types.ts'

/**
 * The rows of a folder, fetched page by page as they come into sight. Only the cursors of pages are kept for good, so that a folder of a
 * million files costs no more memory than what is looked at: the cache forgets pages that are far away.
 */
export interface FilePages {
  /** Rows to draw: those known, and while `hasMore` a page of those that will be. */
  readonly count: number
  /** There are so many at least. */
  readonly known: number
  readonly hasMore: boolean
  /** Undefined while it is on its way. */
  row(index: number): FileItem | undefined
  readonly error: unknown
  readonly isLoading: boolean
  readonly retry: () => void
  /** Learns where all pages begin, so that the last one can be gone to. @throws ProblemError */
  readonly findEnd: () => Promise<void>
}

interface KnownPage { readonly cursor: string, readonly start: number }

/** @param range rows in sight: from (included) to (excluded) */
export function useFilePages(version: VersionRef, prefix: string, range: { readonly from: number, readonly to: number }): FilePages {
  const client = useQueryClient()
  const [known, setKnown] = useState<readonly KnownPage[]>([{ cursor: '', start: 0 }])
  const [length, setLength] = useState<number>()
  const wanted = known.map((page, index) => ({ ...page, index })).filter(({ start, index }) => start < Math.max(1, range.to) && (known[index + 1]?.start ?? Infinity) > range.from)
  const results = useQueries({ queries: wanted.map(({ cursor }) => filesQuery(version, { prefix, cursor })) })
  const last = wanted.at(-1)
  const lastPage = results.at(-1)?.data

  useEffect(() => {
    if (last === undefined || lastPage === undefined) return
    const end = last.start + lastPage.items.length
    const next = lastPage.next
    const behind = known[last.index + 1]
    if (next === null) {
      setLength(end)
      if (behind !== undefined) setKnown(known.slice(0, last.index + 1))
    } else if (behind === undefined || behind.cursor !== next || behind.start !== end) {
      setLength(undefined)
      setKnown([...known.slice(0, last.index + 1), { cursor: next, start: end }])
    }
  }, [known, last?.index, last?.start, lastPage])

  const row = (index: number): FileItem | undefined => {
    const at = wanted.findIndex(({ start, index: page }) => start <= index && index < (known[page + 1]?.start ?? Infinity))
    return results[at]?.data?.items[index - (wanted[at]?.start ?? 0)]
  }
  const newest = known.at(-1)
  return {
    // Of a page that is not here yet, a full one is assumed: there is something to scroll to.
    count: length ?? (newest === undefined || newest.start === 0 ? lastPage?.items.length ?? 0 : newest.start + FILES_PER_PAGE),
    known: length ?? newest?.start ?? 0,
    hasMore: length === undefined,
    row,
    error: results.find(result => result.error !== null)?.error ?? null,
    isLoading: results.some(result => result.isPending),
    retry: () => {
      for (const result of results) if (result.error !== null) void result.refetch()
    },
    findEnd: async () => {
      const { entries, cursors } = await client.fetchQuery(outlineQuery(version, prefix))
      setKnown(['', ...cursors].map((cursor, i) => ({ cursor, start: i * FILES_PER_PAGE })))
      setLength(entries)
    }
  }
}
