import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from 'react'
import type { VersionRef } from '../../api/types.ts'
import { showCount } from '../figures.ts'
import { annotationsQuery, maskQuery } from './annotations.ts'
import type { Annotation } from './coco.ts'
import type { File } from './kinds.ts'
import { pictureAt } from './picture-address.ts'

/** C8, C10: boxes, outlines and masks over a picture, with a legend that shows and hides them. */

export type MaskLabels = Readonly<Record<string, readonly string[]>>

export interface Layers {
  readonly annotations: readonly Annotation[]
  readonly mask: File | undefined
  readonly labels: MaskLabels
  readonly colourOf: (label: string) => string
  readonly hidden: ReadonlySet<string>
  readonly toggle: (label: string) => void
  readonly opacity: number
  readonly setOpacity: (opacity: number) => void
}

/** For labels no mask gives a colour; told apart by people who see colours differently, too. */
const PALETTE = ['#e4572e', '#17bebb', '#ffc914', '#76b041', '#8f6bd6', '#ef6f9c', '#3f88c5', '#b5651d']

export function useLayers(version: VersionRef, file: File, labels: MaskLabels): Layers {
  const client = useQueryClient()
  const { data: annotations = [] } = useQuery({ ...annotationsQuery(client, version, file), retry: false })
  const { data: mask } = useQuery({ ...maskQuery(client, version, file), retry: false })
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const [opacity, setOpacity] = useState(0.45)
  const colourOf = useMemo(() => {
    const known = new Map(Object.entries(labels).flatMap(([colour, names]) => names.map(name => [name, colour] as const)))
    const others = [...new Set(annotations.map(({ label }) => label))].filter(label => !known.has(label))
    return (label: string): string => known.get(label) ?? PALETTE[others.indexOf(label) % PALETTE.length] ?? '#888888'
  }, [annotations, labels])
  const toggle = (label: string): void => setHidden(new Set(hidden.has(label) ? [...hidden].filter(other => other !== label) : [...hidden, label]))
  return { annotations, mask: mask ?? undefined, labels, colourOf, hidden, toggle, opacity, setOpacity }
}

export const hasLayers = ({ annotations, mask }: Layers): boolean => annotations.length > 0 || mask !== undefined

/** Drawn over a picture of this size. */
export function Overlay({ layers, version, width, height }: { layers: Layers, version: VersionRef, width: number, height: number }) {
  const { annotations, mask, hidden, colourOf } = layers
  const svg = useRef<SVGSVGElement>(null)
  const unit = useUnit(svg, width)
  const line = LINE * unit
  return (
    <>
      {mask !== undefined && <Mask layers={layers} version={version} mask={mask} />}
      <svg ref={svg} className="overlay" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {annotations.filter(({ label }) => !hidden.has(label) && !hidden.has(BOXES)).map(({ label, box, outlines, score }, i) => (
          <g key={i} stroke={colourOf(label)} fill="none" strokeWidth={line}>
            {outlines.map((outline, j) => <polygon key={j} points={outline.join(' ')} fill={colourOf(label)} fillOpacity={mask === undefined ? 0.25 : 0} strokeOpacity={0.9} />)}
            {box !== undefined && <rect x={box[0]} y={box[1]} width={box[2]} height={box[3]} rx={line} />}
            {box !== undefined && <text x={box[0] + line} y={Math.max(TEXT * unit, box[1] - 2 * line)} fontSize={TEXT * unit} fill="#fff" stroke="rgb(10 24 30 / 85%)" strokeWidth={3 * unit} strokeLinejoin="round" paintOrder="stroke">{label}{score === undefined ? '' : ` ${Math.round(score * 100)} %`}</text>}
          </g>
        ))}
      </svg>
    </>
  )
}

/** Width of a line and height of a label, however far in it is zoomed. Pixels of the screen. */
const [LINE, TEXT] = [2, 13]

/** How many pixels of the picture one of the screen is. */
function useUnit(svg: RefObject<SVGSVGElement | null>, width: number): number {
  const [shown, setShown] = useState(width)
  useLayoutEffect(() => {
    if (svg.current === null) return undefined
    const resized = new ResizeObserver(([entry]) => setShown(entry?.contentRect.width ?? width))
    resized.observe(svg.current)
    return () => resized.disconnect()
  }, [svg, width])
  return width / Math.max(1, shown)
}

const BOXES = '\u0000boxes'
const MASK = '\u0000mask'

/** The mask, with the background and what is hidden let through. */
function Mask({ layers: { labels, hidden, opacity }, version, mask }: { layers: Layers, version: VersionRef, mask: File }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [image, setImage] = useState<HTMLImageElement>()
  useEffect(() => {
    const loading = new Image()
    loading.addEventListener('load', () => setImage(loading))
    loading.src = pictureAt(version, mask)
  }, [version.version, mask.hash])
  useEffect(() => {
    const context = canvas.current?.getContext('2d', { willReadFrequently: true })
    if (canvas.current === null || context === null || context === undefined || image === undefined) return
    canvas.current.width = image.naturalWidth
    canvas.current.height = image.naturalHeight
    context.drawImage(image, 0, 0)
    const picture = context.getImageData(0, 0, image.naturalWidth, image.naturalHeight)
    clear(picture.data, labels, hidden)
    context.putImageData(picture, 0, 0)
  }, [image, labels, hidden])
  return hidden.has(MASK) ? null : <canvas ref={canvas} className="overlay" style={{ opacity }} aria-hidden="true" />
}

/** Makes pixels transparent that are background or of a hidden label. */
function clear(pixels: Uint8ClampedArray, labels: MaskLabels, hidden: ReadonlySet<string>): void {
  const through = new Set([0])
  for (const [colour, names] of Object.entries(labels)) if (names.every(name => hidden.has(name) || name === 'background')) through.add(Number.parseInt(colour.slice(1), 16))
  for (let i = 0; i < pixels.length; i += 4) {
    const colour = (pixels[i] ?? 0) << 16 | (pixels[i + 1] ?? 0) << 8 | (pixels[i + 2] ?? 0)
    if (through.has(colour)) pixels[i + 3] = 0
  }
}

/** Names, colours and how many; each a switch. */
export function Legend({ layers }: { layers: Layers }) {
  const { annotations, mask, labels, colourOf, hidden, toggle, opacity, setOpacity } = layers
  const counts = Map.groupBy(annotations, ({ label }) => label)
  const names = new Set([...counts.keys(), ...mask === undefined ? [] : Object.values(labels).flat().filter(name => name !== 'background')])
  return (
    <div className="legend" role="group" aria-label="Legend">
      {annotations.length > 0 && <Switch text="Boxes" is={!hidden.has(BOXES)} toggle={() => toggle(BOXES)} />}
      {mask !== undefined && (
        <>
          <Switch text="Mask" is={!hidden.has(MASK)} toggle={() => toggle(MASK)} />
          <label className="legend-opacity"><span className="unseen">How strong the mask is</span><input type="range" min="0.1" max="1" step="0.05" value={opacity} onChange={event => setOpacity(Number(event.target.value))} /></label>
        </>
      )}
      <span className="legend-line" aria-hidden="true" />
      {[...names].map(name => (
        <button key={name} type="button" className="legend-item" aria-pressed={!hidden.has(name)} onClick={() => toggle(name)}>
          <svg className="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" fill={colourOf(name)} /></svg>{name}{counts.has(name) && <span className="muted figure">{showCount(counts.get(name)?.length ?? 0)}</span>}
        </button>
      ))}
    </div>
  )
}

const Switch = ({ text, is, toggle }: { text: string, is: boolean, toggle: () => void }) => <button type="button" className="legend-item is-switch" aria-pressed={is} onClick={toggle}>{text}</button>
