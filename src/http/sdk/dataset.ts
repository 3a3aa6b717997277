import type { DatasetRef } from '../../model/index.ts'
import type { Client } from '../client.ts'
import type { RunOptions } from '../client/runs.ts'
import type { VersionFilter } from '../client/versions.ts'
import type { CreateVersionBody, Dataset, DeleteDatasetQuery, DeleteDatasetReport, EditDatasetBody, SnapshotBody, TagChangeBody } from '../contract.ts'
import { ShoalVersion } from './version.ts'

/** C6. */
export interface DeleteOptions {
  /** Also when it holds drafts with files. */
  readonly deleteAllVersions?: boolean
  /** With `deleteAllVersions`: also when it holds published versions. */
  readonly force?: boolean
  /** With `deleteAllVersions`: asks the addresses of its links to delete what they hold. */
  readonly deleteSources?: boolean
}

export const deletion = ({ deleteAllVersions, force, deleteSources }: DeleteOptions): DeleteDatasetQuery => ({
  ...deleteAllVersions === undefined ? {} : { allVersions: deleteAllVersions },
  ...force === undefined ? {} : { force },
  ...deleteSources === undefined ? {} : { deleteSources }
})

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
  async delete(options: DeleteOptions = {}, run?: RunOptions): Promise<DeleteDatasetReport> {
    return await this.#client.datasets.remove(this.ref, deletion(options), run)
  }

  async #version(version: string | undefined): Promise<ShoalVersion> {
    return new ShoalVersion(this.#client, this.ref, await this.#client.versions.get({ ...this.ref, ...version === undefined ? {} : { version } }))
  }
}
