import { checkName, parseDatasetRef, type DatasetRef } from '../model/index.ts'
import { type Client, type ClientOptions, createClient } from './client.ts'
import type { DatasetFilter } from './client/datasets.ts'
import type { RunOptions } from './client/runs.ts'
import type { CreateDatasetBody, DeleteDatasetReport } from './contract.ts'
import { type DeleteOptions, ShoalDataset, deletion } from './sdk/dataset.ts'

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

/**
 * A node to work with: `const shoal = connect()`, then `await shoal.datasets.create({ name: 'pets' })`.
 * @param options default: the address and token in the environment's SHOAL_URL and SHOAL_TOKEN, else the node on this machine
 */
export function connect(options: ConnectOptions = {}): Shoal {
  return new Shoal(createClient({ baseUrl: process.env['SHOAL_URL'] ?? NODE, token: process.env['SHOAL_TOKEN'], ...options }))
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
  async delete(name: string, options: DeleteOptions & { readonly project?: string } = {}, run?: RunOptions): Promise<DeleteDatasetReport> {
    return await this.#client.datasets.remove(refOf(name, options.project), deletion(options), run)
  }
}

const refOf = (name: string, project: string | undefined): DatasetRef =>
  name.includes('/') ? parseDatasetRef(name) : { namespace: checkName('namespace', project ?? DEFAULT_PROJECT), name: checkName('name', name) }
