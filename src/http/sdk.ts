import type { DatasetRef, VersionRef } from '../model/index.ts'
import { checkName, parseDatasetRef } from '../model/index.ts'
import { type Client, type ClientOptions, createClient } from './client.ts'
import type { DatasetFilter } from './client/datasets.ts'
import type { FileBytes, Part, WriteOptions } from './client/files.ts'
import type { RunOptions } from './client/runs.ts'
import type { VersionFilter } from './client/versions.ts'
import type { CreateDatasetBody, CreateVersionBody, Dataset, DeleteDatasetBody, DeleteDatasetReport, EditDatasetBody, FileItem, PublishBody, SnapshotBody, TagChangeBody, Version } from './contract.ts'

/** C1-C6 for scripts: objects that stand for datasets and versions, over the client. */

/** Where datasets go that name no project. */
const DEFAULT_PROJECT = 'default'

export interface DatasetInput extends Omit<CreateDatasetBody, 'namespace'> {
  /** The namespace; default `default`. A name may hold it too: `vision/pets`. */
  readonly namespace?: string
  readonly project?: string
}

export type ConnectOptions = Partial<ClientOptions>

const NODE = 'http://127.0.0.1:7420'

/** A node to work with: `const shoal = connect()`, then `await shoal.datasets.create({ name: 'pets' })`. */
export function connect(options: ConnectOptions = {}): Shoal {
  return new Shoal(createClient({ baseUrl: NODE, ...options }))
}

export class Shoal {
  /** Everything a node can do, route by route. */
  readonly client: Client
  readonly datasets: ShoalDatasets

  constructor(client: Client) {
    this.client = client
    this.datasets = new ShoalDatasets(client)
  }
}

class ShoalDatasets {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** C1: creates a dataset with an empty draft `Current`, or answers the one there is. @throws DATASET_EXISTS with `raiseIfExists`, FIELD_INVALID */
  async create(input: DatasetInput, options: { readonly raiseIfExists?: boolean } = {}): Promise<ShoalDataset> {
    const { namespace, project, name, ...fields } = input
    const ref = refOf(name, namespace ?? project)
    return new ShoalDataset(this.#client, await this.#client.datasets.create({ ...fields, ...ref }, { ifExists: options.raiseIfExists === true ? 'fail' : 'return' }))
  }

  /** C2. @throws DATASET_NOT_FOUND */
  async get(name: string, project?: string): Promise<ShoalDataset> {
    return new ShoalDataset(this.#client, await this.#client.datasets.get(refOf(name, project)))
  }

  async* list(filter: DatasetFilter = {}): AsyncGenerator<ShoalDataset> {
    for await (const info of this.#client.datasets.all(filter)) yield new ShoalDataset(this.#client, info)
  }

  /** C6. @throws DATASET_NOT_EMPTY, DATASET_IN_USE */
  async delete(name: string, options: DeleteDatasetBody & { readonly project?: string } = {}, run?: RunOptions): Promise<DeleteDatasetReport> {
    const { project, ...body } = options
    return await this.#client.datasets.delete(refOf(name, project), body, run)
  }
}

const refOf = (name: string, project: string | undefined): DatasetRef =>
  name.includes('/') ? parseDatasetRef(name) : { namespace: checkName('namespace', project ?? DEFAULT_PROJECT), name: checkName('name', name) }

export interface NewVersionInput extends Omit<CreateVersionBody, 'mode' | 'from'> {
  /** Published parents: numbers, names, ids or versions. Without any, the version is a root: no parent and no files. */
  readonly parents?: readonly (string | ShoalVersion)[]
}

/** One dataset. */
export class ShoalDataset {
  readonly #client: Client
  /** As it was when it was last asked for. */
  info: Dataset

  constructor(client: Client, info: Dataset) {
    this.#client = client
    this.info = info
  }

  get id(): string { return this.info.id }
  get name(): string { return this.info.name }
  get ref(): DatasetRef { return { namespace: this.info.namespace, name: this.info.name } }

  /** C2: the version people work on; of several candidates the newest, with a warning in its `warnings`. */
  async currentVersion(): Promise<ShoalVersion> {
    return await this.#version(undefined)
  }

  /** C2: by number, name, id or `latest`. @throws VERSION_NOT_FOUND */
  async version(wanted: string): Promise<ShoalVersion> {
    return await this.#version(wanted)
  }

  /** C2: all, or only `state: 'published'` or `'draft'`; only with a tag (C7). */
  async versions(filter: VersionFilter = {}): Promise<ShoalVersion[]> {
    const found: ShoalVersion[] = []
    for await (const info of this.#client.versions.all(this.ref, filter)) found.push(new ShoalVersion(this.#client, this.ref, info))
    return found
  }

  /** C4: a draft from published parents, or a root; or the version there is. @throws VERSION_EXISTS with `raiseIfExists`, VERSION_IS_DRAFT, VERSION_NOT_FOUND */
  async createVersion(input: NewVersionInput = {}, options: { readonly raiseIfExists?: boolean } = {}): Promise<ShoalVersion> {
    const { parents = [], ...fields } = input
    const from = parents.map(parent => typeof parent === 'string' ? parent : parent.id)
    const body: CreateVersionBody = { ...fields, mode: from.length === 0 ? 'new' : 'inherit', ...from.length === 0 ? {} : { from } }
    return new ShoalVersion(this.#client, this.ref, await this.#client.versions.create(this.ref, body, { ifExists: options.raiseIfExists === true ? 'fail' : 'return' }))
  }

  /** C3: the draft is published keeping its id; a new draft goes on from it. */
  async snapshot(input: SnapshotBody = {}, run?: RunOptions): Promise<{ readonly published: ShoalVersion, readonly child: ShoalVersion }> {
    const { published, child } = await this.#client.datasets.snapshot(this.ref, input, run)
    return { published: new ShoalVersion(this.#client, this.ref, published), child: new ShoalVersion(this.#client, this.ref, child) }
  }

  async edit(fields: EditDatasetBody): Promise<void> { this.info = await this.#client.datasets.edit(this.ref, fields) }
  async changeTags(change: TagChangeBody): Promise<readonly string[]> { return await this.#client.datasets.changeTags(this.ref, change) }

  /** C6. @throws DATASET_NOT_EMPTY, DATASET_IN_USE */
  async delete(options: DeleteDatasetBody = {}, run?: RunOptions): Promise<DeleteDatasetReport> {
    return await this.#client.datasets.delete(this.ref, options, run)
  }

  async #version(version: string | undefined): Promise<ShoalVersion> {
    return new ShoalVersion(this.#client, this.ref, await this.#client.versions.get({ ...this.ref, ...version === undefined ? {} : { version } }))
  }
}

/** One version of a dataset. */
export class ShoalVersion {
  readonly #client: Client
  readonly #dataset: DatasetRef
  /** As it was when it was last asked for. */
  info: Version

  constructor(client: Client, dataset: DatasetRef, info: Version) {
    this.#client = client
    this.#dataset = dataset
    this.info = info
  }

  get id(): string { return this.info.id }
  get number(): string { return this.info.number }
  get name(): string { return this.info.name }
  get state(): Version['state'] { return this.info.state }
  get metadata(): Version['metadata'] { return this.info.metadata }
  get warnings(): readonly string[] { return this.info.warnings ?? [] }
  /** C4: paths its parents have differently. */
  get conflicts(): NonNullable<Version['conflicts']> { return this.info.conflicts ?? [] }
  get ref(): VersionRef { return { ...this.#dataset, version: this.info.id } }

  /** C5. @throws VERSION_PUBLISHED, VERSION_NOT_READY */
  async publish(input: PublishBody = {}, run?: RunOptions): Promise<this> {
    this.info = await this.#client.versions.publish(this.ref, input, run)
    return this
  }

  /** C5: a published one only with `force`. */
  async delete(options: { readonly force?: boolean } = {}): Promise<void> { await this.#client.versions.remove(this.ref, options) }
  async archive(): Promise<void> { this.info = await this.#client.versions.archive(this.ref) }
  async restore(): Promise<void> { this.info = await this.#client.versions.restore(this.ref) }
  async changeTags(change: TagChangeBody): Promise<readonly string[]> { return await this.#client.versions.changeTags(this.ref, change) }

  /** C8. */
  async maskLabels(): Promise<Version['maskLabels']> { return await this.#client.versions.maskLabels(this.ref) }
  async setMaskLabels(labels: Version['maskLabels']): Promise<Version['maskLabels']> { return await this.#client.versions.setMaskLabels(this.ref, labels) }
  async setMetadata(metadata: Version['metadata']): Promise<Version['metadata']> { return await this.#client.versions.setMetadata(this.ref, metadata) }

  files(part: Part = {}): AsyncGenerator<FileItem> { return this.#client.files.entries(this.ref, part) }
  async read(path: string): Promise<FileBytes> { return await this.#client.files.read(this.ref, path) }
  async write(path: string, source: AsyncIterable<Uint8Array> | Uint8Array, options: WriteOptions = {}): Promise<FileItem> { return await this.#client.files.write(this.ref, path, source, options) }
  /** W7. */
  async link(path: string, url: string): Promise<void> { await this.#client.files.edit(this.ref, [{ op: 'link', path, url }]) }
}
