import { classOfPath } from './split-names.ts'
import { placeOf } from './place.ts'

/** K4: how much of the files a sample takes. */
export type SampleSize = { readonly count: number } | { readonly share: number }

/** Reads `100` (files), `5%` or `0.05` (a share); undefined where it is neither. */
export function readSampleSize(text: string): SampleSize | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,9})?)(%?)$/.exec(text.trim())
  if (match === null) return undefined
  const value = Number(match[1])
  if (match[2] === '%') return value > 0 && value <= 100 ? { share: value / 100 } : undefined
  if (Number.isInteger(value) && !text.includes('.')) return value > 0 ? { count: value } : undefined
  return value > 0 && value < 1 ? { share: value } : undefined
}

/**
 * Chooses files by seed, from each class folder in proportion to its files (largest remainders get what is left). The same paths, size and
 * seed give the same sample everywhere. Memory: eight bytes a file.
 * @returns whether a path is chosen
 */
export async function choose(paths: AsyncIterable<string>, size: SampleSize, seed: number): Promise<(path: string) => boolean> {
  const places = new Map<string, number[]>()
  let files = 0
  for await (const path of paths) {
    const group = classOfPath(path) ?? ''
    const list = places.get(group) ?? []
    list.push(placeOf(seed, path))
    places.set(group, list)
    files++
  }
  const wanted = Math.min(files, 'count' in size ? size.count : Math.max(1, Math.round(files * size.share)))
  const limits = new Map([...quotas(places, wanted, files)].map(([group, quota]) => [group, limitOf(places.get(group) ?? [], quota)]))
  return path => placeOf(seed, path) <= (limits.get(classOfPath(path) ?? '') ?? -1)
}

function quotas(groups: ReadonlyMap<string, readonly number[]>, wanted: number, files: number): ReadonlyMap<string, number> {
  const exact = [...groups].map(([group, places]) => ({ group, share: files === 0 ? 0 : places.length * wanted / files }))
  const found = new Map(exact.map(({ group, share }) => [group, Math.floor(share)]))
  let left = wanted - [...found.values()].reduce((sum, quota) => sum + quota, 0)
  const byRemainder = exact.sort((a, b) => (b.share % 1) - (a.share % 1) || (a.group < b.group ? -1 : 1))
  for (const { group } of byRemainder) {
    if (left-- <= 0) break
    found.set(group, (found.get(group) ?? 0) + 1)
  }
  return found
}

/** The place of the last one that is chosen; -1 where none is. */
const limitOf = (places: number[], quota: number): number => quota === 0 ? -1 : Float64Array.from(places).sort()[quota - 1] ?? -1
