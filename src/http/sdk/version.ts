import type { VersionRef, DatasetRef } from '../../model/index.ts'
import { formatDatasetRef } from '../../model/index.ts'
import type { Client } from '../client.ts'
import type { FileBytes, Part, WriteOptions } from '../client/files.ts'
import type { RunOptions } from '../client/runs.ts'
import type { FileItem, FinishRunBody, PublishBody, RunItem, StartRunBody, TagChangeBody, Version } from '../contract.ts'

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

  /** K8: says that an experiment uses this version, which can't be deleted until it has finished (or was not heard of for a day). */
  async use(input: Omit<StartRunBody, 'versions' | 'kind' | 'output'>): Promise<ShoalRun> {
    return new ShoalRun(this.#client, await this.#client.experiments.start({ ...input, versions: [this.#text] }))
  }

  /** A5: says that a script makes files of a draft out of this version; the draft's dataset is `processing` until it finishes. */
  async process(output: ShoalVersion, input: Omit<StartRunBody, 'versions' | 'kind' | 'output'>): Promise<ShoalRun> {
    return new ShoalRun(this.#client, await this.#client.experiments.start({ ...input, kind: 'processing', versions: [this.#text], output: output.#text }))
  }

  get #text(): string { return `${formatDatasetRef(this.#dataset)}@${this.info.id}` }
}

/** K8, A5: an experiment or a processing that runs. */
export class ShoalRun {
  readonly #client: Client
  /** As it was when it was last asked for. */
  info: RunItem

  constructor(client: Client, info: RunItem) {
    this.#client = client
    this.info = info
  }

  get id(): string { return this.info.id }
  get state(): RunItem['state'] { return this.info.state }

  /** Says that it still runs; once an hour is enough. */
  async beat(): Promise<void> { this.info = await this.#client.experiments.beat(this.id) }
  /** @throws RUN_ENDED */
  async finish(input: FinishRunBody = {}): Promise<void> { this.info = await this.#client.experiments.finish(this.id, input) }
}
