import type { Picture } from './png.ts'

/** Pictures of coloured shapes with what is to be learned from them: boxes, outlines and a mask. */

/** What can be in a picture. Its colour there is any; `mask` is its colour in masks. */
export const SHAPES = [
  { id: 1, name: 'circle', mask: '#e4572e' },
  { id: 2, name: 'square', mask: '#17bebb' },
  { id: 3, name: 'triangle', mask: '#ffc914' },
  { id: 4, name: 'star', mask: '#76b041' }
] as const

/** Small enough to draw at once, large enough to look at. Pixels. */
const WIDTH = 192
const HEIGHT = 144
const MIN_RADIUS = 14
const MAX_RADIUS = 34
const MAX_SHAPES = 5
/** Shapes never touch: a place is looked for this often, then the picture has one shape less. */
const PLACE_TRIES = 20
const GAP = 4
/** Points looked at in each pixel, per axis, for soft edges. */
const SAMPLES = 3

type Colour = readonly [number, number, number]
type Point = readonly [number, number]

export interface Found {
  readonly shape: number
  /** x, y, width, height in pixels. */
  readonly box: readonly [number, number, number, number]
  /** Pixels of the mask. */
  readonly area: number
  /** x, y, x, y, … in pixels. */
  readonly outline: readonly number[]
}

export interface Scene { readonly picture: Picture, readonly mask: Picture, readonly found: readonly Found[] }

interface Placed { readonly shape: typeof SHAPES[number], readonly at: Point, readonly radius: number, readonly turn: number, readonly colour: Colour }

/** The next scene of a row of random numbers in [0, 1). */
export function drawScene(next: () => number): Scene {
  const picture = { width: WIDTH, height: HEIGHT, rgb: background(next) }
  const mask = { width: WIDTH, height: HEIGHT, rgb: new Uint8Array(WIDTH * HEIGHT * 3) }
  const found = place(next).map(placed => paint(placed, picture.rgb, mask.rgb))
  return { picture, mask, found }
}

function background(next: () => number): Uint8Array {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3)
  const top = colourOf(next() * 360, 0.25, 0.9)
  const bottom = colourOf(next() * 360, 0.3, 0.72)
  for (let row = 0; row < HEIGHT; row++) {
    const down = row / (HEIGHT - 1)
    const colour = top.map((channel, i) => channel * (1 - down) + (bottom[i] ?? 0) * down)
    for (let column = 0; column < WIDTH; column++) rgb.set(colour, (row * WIDTH + column) * 3)
  }
  return rgb
}

function place(next: () => number): readonly Placed[] {
  const placed: Placed[] = []
  const wanted = 1 + Math.floor(next() * MAX_SHAPES)
  for (let tries = 0; tries < PLACE_TRIES && placed.length < wanted; tries++) {
    const radius = MIN_RADIUS + next() * (MAX_RADIUS - MIN_RADIUS)
    const at: Point = [radius + 1 + next() * (WIDTH - 2 * radius - 2), radius + 1 + next() * (HEIGHT - 2 * radius - 2)]
    const shape = SHAPES[Math.floor(next() * SHAPES.length)] ?? SHAPES[0]
    const turn = next() * 2 * Math.PI
    const colour = colourOf(next() * 360, 0.55 + next() * 0.3, 0.35 + next() * 0.25)
    if (placed.every(other => Math.hypot(other.at[0] - at[0], other.at[1] - at[1]) > other.radius + radius + GAP)) placed.push({ shape, at, radius, turn, colour })
  }
  return placed
}

function paint(placed: Placed, rgb: Uint8Array, mask: Uint8Array): Found {
  const outline = outlineOf(placed)
  const maskColour = readColour(placed.shape.mask)
  const { at: [, y], radius, colour } = placed
  let area = 0
  const box = { left: WIDTH, top: HEIGHT, right: 0, bottom: 0 }
  for (let row = Math.floor(y - radius); row <= y + radius; row++) {
    for (const [column, share] of coveredIn(outline, row).entries()) {
      if (share === 0) continue
      const at = (row * WIDTH + column) * 3
      for (let i = 0; i < 3; i++) rgb[at + i] = (rgb[at + i] ?? 0) * (1 - share) + (colour[i] ?? 0) * share
      if (share < 0.5) continue
      mask.set(maskColour, at)
      area++
      box.left = Math.min(box.left, column)
      box.top = Math.min(box.top, row)
      box.right = Math.max(box.right, column + 1)
      box.bottom = Math.max(box.bottom, row + 1)
    }
  }
  return { shape: placed.shape.id, box: [box.left, box.top, box.right - box.left, box.bottom - box.top], area, outline: outline.flat().map(value => Math.round(value * 10) / 10) }
}

/** Corners of a shape; a circle has many. */
function outlineOf({ shape, at: [x, y], radius, turn }: Placed): readonly Point[] {
  const corners = { circle: 40, square: 4, triangle: 3, star: 10 }[shape.name]
  return Array.from({ length: corners }, (_, i): Point => {
    const reach = shape.name === 'star' && i % 2 === 1 ? radius * 0.45 : radius
    const angle = turn + (i / corners) * 2 * Math.PI
    return [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach]
  })
}

/** The share of each pixel of a row that lies inside an outline: 0 to 1. */
function coveredIn(outline: readonly Point[], row: number): Float32Array {
  const shares = new Float32Array(WIDTH)
  for (let line = 0; line < SAMPLES; line++) {
    const crossings = crossingsAt(outline, row + (line + 0.5) / SAMPLES)
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      // Sample k of the row stands at (k + 0.5) / SAMPLES.
      const from = Math.max(0, Math.ceil((crossings[i] ?? 0) * SAMPLES - 0.5))
      const to = Math.min(WIDTH * SAMPLES, Math.ceil((crossings[i + 1] ?? 0) * SAMPLES - 0.5))
      for (let sample = from; sample < to; sample++) {
        const column = Math.floor(sample / SAMPLES)
        shares[column] = (shares[column] ?? 0) + 1 / (SAMPLES * SAMPLES)
      }
    }
  }
  return shares
}

/** Where a horizontal line enters and leaves an outline, from left to right. */
function crossingsAt(outline: readonly Point[], y: number): readonly number[] {
  const crossings: number[] = []
  for (const [i, [ax, ay]] of outline.entries()) {
    const [bx, by] = outline[(i + 1) % outline.length] ?? [0, 0]
    if ((ay > y) !== (by > y)) crossings.push(((bx - ax) * (y - ay)) / (by - ay) + ax)
  }
  return crossings.sort((a, b) => a - b)
}

/** @param hue degrees @param saturation and lightness 0 to 1 */
function colourOf(hue: number, saturation: number, lightness: number): Colour {
  const channel = (n: number): number => {
    const k = (n + hue / 30) % 12
    return Math.round(255 * (lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1))))
  }
  return [channel(0), channel(8), channel(4)]
}

const readColour = (hex: string): Colour => [1, 3, 5].map(at => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Colour
