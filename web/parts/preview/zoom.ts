import { useEffect, useState } from 'react'
import { useKey } from '../shortcuts.tsx'

/** How large a picture is drawn: fitted, or by a factor of its own pixels. */

const STEPS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16]

export interface Zoom {
  /** Undefined: as large as there is room. */
  readonly factor: number | undefined
  readonly in: () => void
  readonly out: () => void
  readonly fit: () => void
  readonly set: (factor: number) => void
}

/** @param fitted the factor while it is fitted @param key another picture begins fitted */
export function useZoom(fitted: () => number, key: string): Zoom {
  const [factor, setFactor] = useState<number>()
  useEffect(() => setFactor(undefined), [key])
  const step = (by: 1 | -1) => (): void => {
    const now = factor ?? fitted()
    const next = by === 1 ? STEPS.find(step => step > now * 1.01) : STEPS.findLast(step => step < now * 0.99)
    if (next !== undefined) setFactor(next)
  }
  const zoom = { factor, in: step(1), out: step(-1), fit: () => setFactor(undefined), set: setFactor }
  useKey('+', zoom.in)
  useKey('-', zoom.out)
  useKey('0', zoom.fit)
  return zoom
}
