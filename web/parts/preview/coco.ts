import { fileName } from '../places.ts'

/** Boxes and outlines out of COCO JSON. */

export interface Annotation {
  readonly label: string
  /** x, y, width, height in pixels of the picture. */
  readonly box?: readonly [number, number, number, number] | undefined
  /** Outlines: x, y, x, y, … */
  readonly outlines: readonly (readonly number[])[]
  readonly score?: number | undefined
}

interface Coco {
  readonly images?: readonly { readonly id?: unknown, readonly file_name?: unknown }[]
  readonly categories?: readonly { readonly id?: unknown, readonly name?: unknown }[]
  readonly annotations?: readonly { readonly image_id?: unknown, readonly category_id?: unknown, readonly bbox?: unknown, readonly segmentation?: unknown, readonly score?: unknown }[]
}

const listOf = <T>(value: readonly T[] | undefined): readonly T[] => Array.isArray(value) ? value : []
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(item => typeof item === 'number' && Number.isFinite(item))

/** @param path of the picture in its version @param folder of the COCO file: its names count from there */
export function annotationsOf(value: unknown, path: string, folder: string): Annotation[] {
  if (typeof value !== 'object' || value === null) return []
  const coco = value as Coco
  const within = folder === '' ? path : path.slice(folder.length + 1)
  const image = listOf(coco.images).find(({ file_name }) => file_name === path || file_name === within) ?? listOf(coco.images).find(({ file_name }) => file_name === fileName(path))
  if (image === undefined) return []
  const names = new Map(listOf(coco.categories).map(({ id, name }) => [id, String(name)]))
  return listOf(coco.annotations).filter(one => one.image_id === image.id).map(({ category_id, bbox, segmentation, score }) => ({
    label: names.get(category_id) ?? String(category_id),
    box: isNumbers(bbox) && bbox.length === 4 ? bbox as unknown as Annotation['box'] : undefined,
    outlines: Array.isArray(segmentation) ? segmentation.filter(outline => isNumbers(outline) && outline.length >= 6) : [],
    score: typeof score === 'number' ? score : undefined
  }))
}
