import { join } from 'node:path'
import { z } from 'zod'
import { fail } from '../errors/index.ts'
import type { DatasetView } from '../catalog/index.ts'
import type { DatasetId, DeviceId } from '../model/index.ts'
import { DurableFile } from '../peers/index.ts'
import type { Keep } from './service.ts'

/** What a node keeps of a dataset nobody decided about: what others rely on, not every state of everybody's drafts. */
const DEFAULT_KEEP: Keep = 'published'

const keepSchema = z.enum(['all', 'published', 'latest', 'none'])
const fileSchema = z.object({ keep: z.record(z.string(), keepSchema) })
type KeepFile = z.infer<typeof fileSchema>

/** Whether a machine must keep all of a dataset: its registry names it. */
export const mustKeep = (dataset: DatasetView, device: DeviceId): boolean => dataset.registry.includes(device)

/** What a node keeps of a dataset: what was chosen there, unless the dataset's registry demands all of it. */
export const keptOf = (settings: KeepSettings, dataset: DatasetView, device: DeviceId): Keep => mustKeep(dataset, device) ? 'all' : settings.of(dataset.id)

/** What was chosen to be kept of each dataset on this node; durable. */
export class KeepSettings {
  readonly #file: DurableFile<KeepFile>

  private constructor(file: DurableFile<KeepFile>) {
    this.#file = file
  }

  static async open(folder: string): Promise<KeepSettings> {
    return new KeepSettings(await DurableFile.open(join(folder, 'keep.json'), fileSchema, { keep: {} }))
  }

  of(dataset: DatasetId): Keep {
    return Object.hasOwn(this.#file.value.keep, dataset) ? this.#file.value.keep[dataset] ?? DEFAULT_KEEP : DEFAULT_KEEP
  }

  /** @throws FIELD_INVALID when `keep` is none of the four */
  async set(dataset: DatasetId, keep: Keep): Promise<void> {
    if (!keepSchema.safeParse(keep).success) fail('FIELD_INVALID', `what to keep is all, published, latest or none, not "${keep}"`, { field: 'keep' })
    await this.#file.update(file => this.of(dataset) === keep ? file : { keep: { ...file.keep, [dataset]: keep } })
  }
}
