import type { CreateDataset } from '../../datasets/index.ts'

/** An example dataset before it is created. */
export interface ExampleSource {
  readonly fields: CreateDataset
  readonly maskLabels?: { readonly [rgb: string]: readonly string[] }
  /** The first is published; those behind it come from the one before and stay drafts, for people to go on with. */
  readonly versions: readonly ExampleVersion[]
}

export interface ExampleVersion {
  readonly number: string
  readonly description: string
  readonly message: string
  /** What it adds to the version before it, or replaces there; the same bytes each time. */
  files(): AsyncIterable<ExampleFile>
}

export interface ExampleFile { readonly path: string, readonly bytes: Uint8Array }
