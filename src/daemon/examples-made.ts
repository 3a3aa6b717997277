import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatasetView } from '../catalog/index.ts'
import { blake3 } from '../chunks/index.ts'
import type { Datasets } from '../datasets/index.ts'
import { formatDatasetRef, hashToHex } from '../model/index.ts'
import { writeAtomically } from './home.ts'

/** Tells that examples were made in this home, and how each looked then: dataset id to a hash of all the catalog says of it. */
const markerOf = (home: string): string => join(home, 'examples-made')

/** What was noted; undefined where no examples were made yet. */
function noted(home: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(markerOf(home), 'utf8') || '{}')
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch (error) {
    // A note nobody can read says of no example that it is as it was made.
    return error instanceof SyntaxError ? {} : undefined
  }
}

const looksOf = (datasets: Datasets, dataset: DatasetView): string => hashToHex(blake3(Buffer.from(JSON.stringify(datasets.find(dataset)))))

export const areExamplesMade = (home: string): boolean => noted(home) !== undefined

export function noteExamples(home: string, datasets: Datasets, made: readonly string[]): void {
  const views = datasets.list().filter(dataset => made.includes(formatDatasetRef(dataset)))
  writeAtomically(markerOf(home), `${JSON.stringify(Object.fromEntries(views.map(view => [view.id, looksOf(datasets, view)])))}\n`)
}

/** Whether a dataset is an example on which nobody has worked: one that may go when this home joins another workspace. */
export const isUntouchedExample = (home: string, datasets: Datasets, dataset: DatasetView): boolean =>
  dataset.example && noted(home)?.[dataset.id] === looksOf(datasets, dataset)
