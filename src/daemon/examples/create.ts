import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DatasetView, VersionView } from '../../catalog/index.ts'
import type { Datasets } from '../../datasets/index.ts'
import type { Files } from '../../files/index.ts'
import { shapes } from './shapes.ts'
import type { ExampleSource, ExampleVersion } from './source.ts'
import { tables } from './tables.ts'

/** The example datasets a node comes with. */
export const exampleSources = (): readonly ExampleSource[] => [tables, shapes]

export interface ExamplesDeps {
  readonly datasets: Datasets
  readonly files: Pick<Files, 'import'>
  /** Where files lie between being made and being imported; what is made there is removed again. */
  readonly folderForScratch: string
  readonly signal?: AbortSignal | undefined
  /** Default: all there are. */
  readonly sources?: readonly ExampleSource[] | undefined
}

/**
 * Creates the example datasets (C12): the first version of each published, the next one a draft. What is there already stays as it is; what
 * an earlier run left unfinished is finished.
 * @returns references of the datasets that were created or finished
 * @throws CANCELLED, DISK_FULL
 */
export async function createExamples(deps: ExamplesDeps): Promise<readonly string[]> {
  const made: string[] = []
  for (const source of deps.sources ?? exampleSources()) {
    deps.signal?.throwIfAborted()
    if (await createExample(deps, source)) made.push(`${source.fields.namespace}/${source.fields.name}`)
  }
  return made
}

async function createExample(deps: ExamplesDeps, source: ExampleSource): Promise<boolean> {
  const { namespace, name } = source.fields
  const first = source.versions[0]?.number
  const found = lookUp(deps.datasets, source)
  // A dataset of somebody's own that happens to have the name is not ours to touch.
  if (found !== undefined && !found.example) return false
  const dataset = found ?? await deps.datasets.create({ ...source.fields, ...first === undefined ? {} : { version: first } })
  let changed = found === undefined
  let parent: VersionView | undefined
  for (const version of source.versions) {
    const view = versionsOf(deps.datasets, dataset).find(one => one.number === version.number) ?? await addVersion(deps.datasets, dataset, version, parent)
    if (view === undefined) break
    const ref = { namespace, name, version: view.id }
    if (view.state === 'draft' && isUntouched(view, parent)) {
      changed = true
      await fill(deps, source, version, ref)
    }
    if (parent !== undefined) break
    parent = view.state === 'published' ? view : await publish(deps, source, version, ref)
  }
  return changed
}

/** Also an archived one: who put it away does not want it back. */
const lookUp = (datasets: Datasets, { fields: { namespace, name } }: ExampleSource): DatasetView | undefined =>
  [...datasets.list({ namespace }), ...datasets.list({ namespace, archived: true })].find(dataset => dataset.name === name)

const versionsOf = (datasets: Datasets, dataset: DatasetView): readonly VersionView[] => datasets.find(dataset).versions

/** Undefined where the version was there once, or its parent never was: then somebody removed it on purpose. */
async function addVersion(datasets: Datasets, dataset: DatasetView, { number, description }: ExampleVersion, parent: VersionView | undefined): Promise<VersionView | undefined> {
  if (parent === undefined || versionsOf(datasets, dataset).length > 1) return undefined
  return (await datasets.createVersion(dataset, { mode: 'inherit', from: [parent.id], number, description })).version
}

/** Whether nobody has edited a draft yet. */
const isUntouched = ({ heads }: VersionView, parent: VersionView | undefined): boolean =>
  heads.length === 0 || (heads.length === 1 && heads[0] === parent?.published?.commit)

interface Ref { readonly namespace: string, readonly name: string, readonly version: string }

async function fill({ files, folderForScratch, signal }: ExamplesDeps, source: ExampleSource, version: ExampleVersion, ref: Ref): Promise<void> {
  const folder = join(folderForScratch, `example-${source.fields.name}-${version.number}`)
  try {
    for await (const { path, bytes } of version.files()) {
      signal?.throwIfAborted()
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, bytes)
    }
    await files.import(folder, ref, { add: true, message: version.message, signal })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function publish({ datasets, signal }: ExamplesDeps, source: ExampleSource, version: ExampleVersion, ref: Ref): Promise<VersionView> {
  await datasets.editVersion(ref, { description: version.description, ...source.maskLabels === undefined ? {} : { maskLabels: source.maskLabels } })
  return (await datasets.publish(ref, { message: version.message, signal })).version
}
