import type { SelectionQuery } from '../../api/types.ts'

/** K4: what of a version is wanted, as the dialog holds it. */

export type Part = 'all' | 'folder' | 'splits' | 'sample' | 'metadata'

export interface Wanted {
  readonly part: Part
  readonly splits: readonly string[]
  /** A count of files, or with `%` behind it a share of them. */
  readonly sample: string
  readonly seed: string
}

/** What the API is asked for; undefined where something is still missing or wrong. @param folder that is open */
export function selectionOf({ part, splits, sample, seed }: Wanted, folder: string): SelectionQuery | undefined {
  switch (part) {
    case 'all': return {}
    case 'folder': return { prefix: folder }
    case 'splits': return splits.length === 0 ? undefined : { split: splits.join(',') }
    case 'metadata': return { metadata: 'only' }
    case 'sample': {
      if (sampleProblem(sample) !== undefined || seedProblem(seed) !== undefined) return undefined
      return { ...splits.length === 0 ? {} : { split: splits.join(',') }, sample: sample.trim(), seed: Number(seed) }
    }
  }
}

/** What is wrong with the size of a sample. */
export function sampleProblem(text: string): string | undefined {
  const [, number, percent] = /^(\d{1,9}(?:\.\d{1,9})?)\s*(%?)$/.exec(text.trim()) ?? []
  const value = Number(number)
  const isRight = number !== undefined && value > 0 && (percent === '%' ? value <= 100 : Number.isInteger(value))
  return isRight ? undefined : 'Write a count of files such as 100, or a share such as 5%'
}

export const seedProblem = (text: string): string | undefined => /^-?\d{1,15}$/.test(text.trim()) ? undefined : 'The seed is a whole number'

/** The same part on the command line. */
export const optionsOf = ({ prefix, split, sample, seed, metadata }: SelectionQuery): string[] => [
  ...prefix === undefined ? [] : ['--prefix', prefix], ...split === undefined ? [] : ['--split', split], ...sample === undefined ? [] : ['--sample', sample],
  ...seed === undefined || seed === 0 ? [] : ['--seed', String(seed)], ...metadata === undefined ? [] : ['--metadata-only']
]
