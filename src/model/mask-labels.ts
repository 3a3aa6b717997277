import { type Checked, isObject, right, shortText, shown, wrong } from './field.ts'

/** What the colours of a version's masks mean: `#rrggbb` → labels. */
export interface MaskLabels { readonly [rgb: string]: readonly string[] }

/** More colours than any label set uses; bounds the catalog's document. */
const MAX_COLOURS = 4096
/** Labels of one colour. */
const MAX_LABELS = 32
/** Characters of one label. */
const MAX_LABEL_LENGTH = 200

/**
 * Reads a mapping of colours to labels. Colours: `#rrggbb`, `#rgb`, `r,g,b`, `(r, g, b)` or `rgb(r, g, b)` with 0-255 each; they are
 * kept as `#rrggbb` in lower case. Labels: a list of texts, or one text.
 */
export function readMaskLabels(value: unknown): Checked<MaskLabels> {
  if (!isObject(value)) return wrong(`must be an object of colours and labels such as {"#ff0000": ["road"]}, not ${shown(value)}`)
  const entries = Object.entries(value)
  if (entries.length > MAX_COLOURS) return wrong(`name ${entries.length} colours; at most ${MAX_COLOURS} are kept`)
  const labels = new Map<string, readonly string[]>()
  for (const [key, given] of entries) {
    const colour = readColour(key)
    if (colour === undefined) return wrong(`hold the key ${shown(key)}, which is not a colour; write #rrggbb or r,g,b with 0 to 255 each`)
    if (labels.has(colour)) return wrong(`name the colour ${colour} twice`)
    const list = readLabels(given)
    if (!list.ok) return wrong(`for ${colour} ${list.detail}`)
    labels.set(colour, list.value)
  }
  return right(Object.fromEntries([...labels].sort(([a], [b]) => a < b ? -1 : 1)))
}

function readLabels(given: unknown): Checked<readonly string[]> {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0 || list.length > MAX_LABELS) return wrong(`must be 1 to ${MAX_LABELS} labels`)
  const labels: string[] = []
  for (const label of list) {
    const text = shortText(MAX_LABEL_LENGTH)(label)
    if (!text.ok || text.value === '') return wrong(`hold ${shown(label)}, which is not a label of 1 to ${MAX_LABEL_LENGTH} characters`)
    labels.push(text.value)
  }
  return right([...new Set(labels)])
}

/** A colour as `#rrggbb`, or undefined when `text` is none. */
export function readColour(text: string): string | undefined {
  const hex = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text.trim())?.[1]?.toLowerCase()
  if (hex !== undefined) return `#${hex.length === 3 ? hex.replace(/./g, digit => digit + digit) : hex}`
  const parts = /^(?:rgb)?\(?\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)?$/i.exec(text.trim())?.slice(1).map(Number)
  if (parts === undefined || parts.some(part => part > 255)) return undefined
  return `#${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`
}
