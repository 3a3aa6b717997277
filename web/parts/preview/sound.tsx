import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { fileAt } from '../../api/addresses.ts'
import { getBytes } from '../../api/fetch.ts'
import type { VersionRef } from '../../api/types.ts'
import { fileName } from '../places.ts'
import { visible } from '../visible.ts'
import type { File } from './kinds.ts'

/** A recording: the browser's own player, with the wave of what is heard. */

/** Longer ones are played, not drawn: they would have to be read whole. Bytes. */
const MAX_DRAWN = 24 * 1024 * 1024
const BARS = 240

async function peaksOf(bytes: Uint8Array<ArrayBuffer>): Promise<readonly number[]> {
  const context = new OfflineAudioContext(1, 1, 44_100)
  const samples = (await context.decodeAudioData(bytes.buffer)).getChannelData(0)
  const step = Math.max(1, Math.floor(samples.length / BARS))
  const peaks = Array.from({ length: Math.min(BARS, samples.length) }, (_, bar) => {
    let peak = 0
    for (let i = bar * step; i < Math.min(samples.length, (bar + 1) * step); i++) peak = Math.max(peak, Math.abs(samples[i] ?? 0))
    return peak
  })
  const most = Math.max(...peaks, 0.01)
  return peaks.map(peak => peak / most)
}

export default function Sound({ version, file }: { version: VersionRef, file: File }) {
  const player = useRef<HTMLAudioElement>(null)
  const [played, setPlayed] = useState(0)
  const { data: peaks } = useQuery({
    queryKey: ['bytes', file.hash, 'peaks'], staleTime: Infinity, retry: false, enabled: file.size > 0 && file.size <= MAX_DRAWN,
    queryFn: async ({ signal }) => await peaksOf(await getBytes(fileAt(version, file.path), file.hash, 0, file.size, signal))
  })
  return (
    <div className="sound">
      {peaks !== undefined && (
        <svg
          className="wave" viewBox={`0 0 ${peaks.length * 3} 60`} preserveAspectRatio="none" role="img" aria-label="Wave of the recording"
          onClick={event => {
            const { left, width } = event.currentTarget.getBoundingClientRect()
            if (player.current !== null && Number.isFinite(player.current.duration)) player.current.currentTime = (event.clientX - left) / width * player.current.duration
          }}
        >
          {peaks.map((peak, i) => <rect key={i} x={i * 3} y={30 - Math.max(0.5, peak * 28)} width="2" height={Math.max(1, peak * 56)} className={i / peaks.length < played ? 'is-played' : ''} />)}
        </svg>
      )}
      <audio ref={player} controls preload="metadata" src={fileAt(version, file.path)} aria-label={visible(fileName(file.path))} onTimeUpdate={event => setPlayed(event.currentTarget.currentTime / Math.max(0.01, event.currentTarget.duration))} />
    </div>
  )
}
