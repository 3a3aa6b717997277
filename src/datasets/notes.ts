import type { DatasetView, Json, VersionView } from '../catalog/index.ts'
import type { DatasetId, DeviceId, Hash, VersionId, VersionRef } from '../model/index.ts'
import type { Chance, Clock } from '../runtime/index.ts'
import type { Resolved } from './service.ts'

/** What runs and issues are kept with: notes of versions. */
export interface NotesDeps {
  readonly device: DeviceId
  readonly clock: Clock
  readonly chance: Chance
  datasets(): readonly DatasetView[]
  resolve(ref: VersionRef): Resolved
  tree(version: VersionView): Promise<Hash>
  /** Sets notes of a version; null takes one away. Not while something of the dataset is deleted. */
  note(dataset: DatasetId, version: VersionId, notes: { readonly [name: string]: Json }): Promise<void>
  /** K1's status of a dataset. */
  setStatus(dataset: DatasetId, status: string): Promise<void>
}

/** Notes of one kind: their ids with what they hold. */
export function notesOf<T>(version: VersionView, prefix: string, read: (value: unknown) => T | undefined): [string, T][] {
  return Object.entries(version.notes).flatMap(([name, value]): [string, T][] => {
    const note = name.startsWith(prefix) ? read(value) : undefined
    return note === undefined ? [] : [[name.slice(prefix.length), note]]
  })
}
