import { SPLITS_FILE, checkSplits } from '../../files/index.ts'
import { isShoalError } from '../../errors/index.ts'
import type { VersionRef } from '../../model/index.ts'
import { splits, splitsBody, type SplitsItem } from '../contract.ts'
import { versionOf } from '../names.ts'
import { valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const group = 'Versions'
const path = '/api/v1/datasets/{ns}/{name}/versions/{version}/splits'
const answers = { 200: { description: 'how it is split, and how much each split holds', schema: splits } } as const

/** K4: how a version is split into train, val and test. */
export function splitRoutes(services: Services): Route[] {
  return [
    valueRoute({ method: 'get', path, group, summary: 'Splits of a version: by names of folders, or by its splits.json', answers, failures: ['VERSION_NOT_FOUND', 'FIELD_INVALID', 'LIMIT_EXCEEDED'] },
      async ({ params }) => await shownSplits(services, versionOf(params))),

    valueRoute({
      method: 'put', path, group, summary: 'Split a draft by shares and a seed, or by lists of files: writes splits.json; null removes it', body: splitsBody.nullable(), answers,
      failures: ['VERSION_NOT_FOUND', 'VERSION_PUBLISHED', 'FIELD_INVALID', 'PATH_CLASH', 'EDIT_CONFLICT', 'DISK_FULL']
    }, async ({ params, body }) => {
      const ref = versionOf(params)
      if (body === null) await removeSplits(services, ref)
      else await services.files.write(ref, SPLITS_FILE, lines(checkSplits(body)), { message: 'set the splits' })
      return await shownSplits(services, ref)
    })
  ]
}

async function removeSplits({ files }: Services, ref: VersionRef): Promise<void> {
  try {
    await files.edit(ref, [{ op: 'remove', path: SPLITS_FILE }], 'remove the splits')
  } catch (error) {
    if (!isShoalError(error, 'FILE_NOT_FOUND')) throw error
  }
}

async function* lines(value: unknown): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`)
}

async function shownSplits({ files }: Services, ref: VersionRef): Promise<SplitsItem> {
  const { source, file, of } = await files.splits(ref)
  const counts = new Map<string, { files: number, bytes: number }>()
  for await (const entry of files.entries(ref)) {
    if (entry.kind === 'folder') continue
    const name = of(entry.path) ?? ''
    const count = counts.get(name) ?? { files: 0, bytes: 0 }
    count.files++
    count.bytes += entry.size ?? 0
    counts.set(name, count)
  }
  const rest = counts.get('') ?? { files: 0, bytes: 0 }
  counts.delete('')
  return { source, file, splits: [...counts].map(([name, count]) => ({ name, ...count })), rest }
}
