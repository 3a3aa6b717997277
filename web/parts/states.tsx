import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { ProblemError } from '../api/fetch.ts'
import { Icon, type IconName } from './icon.tsx'
import { sentence } from './sentence.ts'
import { HOME } from './places.ts'

/** What stands where data will be, is not, or could not be had. */

/** Grey lines in the place of rows that are on their way. */
export function Skeleton({ rows = 5, label = 'Loading' }: { rows?: number, label?: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, i) => <div key={i} className="skeleton-row"><span /><span /><span /></div>)}
    </div>
  )
}

/** @property heading `h1` where it stands for the whole page */
export function Empty({ icon = 'others', title, heading: Heading = 'h2', children }: { icon?: IconName, title: string, heading?: 'h1' | 'h2', children?: ReactNode }) {
  return (
    <div className="state">
      <span className="state-icon"><Icon name={icon} size={28} /></span>
      <Heading>{title}</Heading>
      {children}
    </div>
  )
}

/** What went wrong, what to do about it, and a button to try again. */
export function Failure({ error, heading: Heading = 'h2', retry }: { error: unknown, heading?: 'h1' | 'h2', retry?: () => void }) {
  const problem = error instanceof ProblemError ? error : undefined
  return (
    <div className="state is-failure" role="alert">
      <span className="state-icon"><Icon name="warning" size={28} /></span>
      <Heading>{problem?.title ?? 'Something on this page is broken'}</Heading>
      <p>{sentence(problem?.message ?? (error instanceof Error ? error.message : String(error)))}</p>
      {problem !== undefined && <p className="muted">{withCode(problem.advice)}</p>}
      {problem?.status === 404 && <Link href={HOME} className="button">All datasets</Link>}
      {retry !== undefined && problem?.status !== 404 && <button type="button" className="button" onClick={retry}>Try again</button>}
      {problem !== undefined && <p className="faint mono">{problem.code}</p>}
    </div>
  )
}

/** What stands between backticks, as code. */
const withCode = (text: string): ReactNode => text.split('`').map((part, i) => i % 2 === 0 ? part : <code key={part}>{part}</code>)

/** Where a part of the page may still be loading, have failed, or be there. */
export function Loaded<T>({ query, rows, heading, children }: { query: { data: T | undefined, error: unknown, refetch: () => unknown }, rows?: number, heading?: 'h1', children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data)
  if (query.error !== null) return <Failure error={query.error} {...heading === undefined ? {} : { heading }} retry={() => void query.refetch()} />
  return <Skeleton {...rows === undefined ? {} : { rows }} />
}
