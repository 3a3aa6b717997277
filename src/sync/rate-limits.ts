import { join } from 'node:path'
import { z } from 'zod'
import { fail } from '../errors/index.ts'
import { DurableFile } from '../peers/index.ts'
import type { Clock } from '../runtime/index.ts'
import { LEAST_RATE } from './limits.ts'
import { RateLimit } from './rate-limit.ts'
import type { Limits } from './service.ts'

const rate = z.int().min(LEAST_RATE).exactOptional()
const fileSchema = z.object({ upload: rate, download: rate })

/** How fast data may go to and come from all peers together; durable. */
export class RateLimits {
  readonly upload: RateLimit
  readonly download: RateLimit
  readonly #file: DurableFile<Limits>

  private constructor(file: DurableFile<Limits>, clock: Clock) {
    this.#file = file
    this.upload = new RateLimit(clock, file.value.upload)
    this.download = new RateLimit(clock, file.value.download)
  }

  static async open(folder: string, clock: Clock): Promise<RateLimits> {
    return new RateLimits(await DurableFile.open<Limits>(join(folder, 'limits.json'), fileSchema, {}), clock)
  }

  get now(): Limits { return this.#file.value }

  /** @param change what is left out stays; null takes a limit away @throws FIELD_INVALID when a rate is too low to keep transfers alive */
  async set(change: { readonly [Name in keyof Limits]?: number | null | undefined }): Promise<Limits> {
    const next: { upload?: number, download?: number } = {}
    for (const name of ['upload', 'download'] as const) {
      const wanted = change[name] === undefined ? this.now[name] : change[name] ?? undefined
      if (wanted !== undefined && !(Number.isSafeInteger(wanted) && wanted >= LEAST_RATE)) {
        fail('FIELD_INVALID', `a limit of ${wanted} bytes a second for the ${name} is too low: at least ${LEAST_RATE}, or none`, { field: name })
      }
      if (wanted !== undefined) next[name] = wanted
    }
    await this.#file.update(() => next)
    this.upload.set(next.upload)
    this.download.set(next.download)
    return next
  }
}
