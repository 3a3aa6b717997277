import { useEffect, useRef, useState } from 'react'
import type { Peer } from '../../api/types.ts'

/** How fast bytes come and go, by what each peer's counters grew since the answer before. Bytes a second. */

interface Sample { readonly at: number, readonly in: number, readonly out: number }
export interface Rate { readonly in: number, readonly out: number }

export function useRates(peers: readonly Peer[]): ReadonlyMap<string, Rate> {
  const before = useRef(new Map<string, Sample>())
  const [rates, setRates] = useState<ReadonlyMap<string, Rate>>(new Map())
  useEffect(() => {
    const now = performance.now()
    setRates(new Map(peers.map(({ id, bytesIn, bytesOut }) => {
      const last = before.current.get(id)
      const seconds = last === undefined ? Infinity : (now - last.at) / 1000
      return [id, last === undefined ? { in: 0, out: 0 } : { in: (bytesIn - last.in) / seconds, out: (bytesOut - last.out) / seconds }]
    })))
    before.current = new Map(peers.map(({ id, bytesIn, bytesOut }) => [id, { at: now, in: bytesIn, out: bytesOut }]))
  }, [peers])
  return rates
}
