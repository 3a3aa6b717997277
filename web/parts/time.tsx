import { useEffect, useState } from 'react'
import { showAgo, showTime } from './figures.ts'

/** How often "2 minutes ago" is told anew. Milliseconds. */
const TICK_MS = 30_000

/** A moment as people say it; the exact one on hover. @property at ISO-8601 @property isAhead it is to come; else the clock it was taken from may only be ahead of this one */
export function Time({ at, isAhead = false }: { at: string, isAhead?: boolean }) {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), TICK_MS)
    return () => window.clearInterval(timer)
  }, [])
  return <time dateTime={at} title={showTime(at)}>{showAgo(at, isAhead ? now : Math.max(now, Date.parse(at)))}</time>
}
