import { isShoalError } from '../../errors/index.ts'
import type { DatasetView, Refusal } from '../../catalog/index.ts'
import { type Resolved, referenceTo, structureOf } from '../../datasets/index.ts'
import type { VersionRef } from '../../model/index.ts'
import type { Dataset } from '../contract.ts'
import type { Services } from '../services.ts'
import { countsOf } from './version.ts'

/** A dataset as HTTP shows it. */
export async function showDataset(services: Services, view: DatasetView): Promise<Dataset> {
  const { versions, ...fields } = view
  const ref = { namespace: view.namespace, name: view.name }
  const current = find(services, ref)
  const published = versions.filter(version => version.state === 'published').length
  const refusals = services.catalog.refusals(view.id)
  return {
    ...fields,
    ...refusals.length === 0 ? {} : { warnings: refusals.map(refusal => refusalText(services, refusal)) },
    ref: `${view.namespace}/${view.name}`,
    drafts: versions.length - published,
    published,
    structure: structureOf(view),
    latest: published === 0 ? null : find(services, { ...ref, version: 'latest' })?.version.number ?? null,
    current: current === undefined ? null : await summary(services, current)
  }
}

/** A statement that breaks the rules, and who signed it. */
function refusalText({ catalog }: Services, { device, seq, reason }: Refusal): string {
  const name = catalog.members().find(member => member.id === device)?.name
  return `refused what ${name === undefined ? device : `${name} (${device})`} signed as step ${seq}, and all behind it: ${reason}`
}

async function summary(services: Services, { dataset, version }: Resolved): Promise<NonNullable<Dataset['current']>> {
  const { files, bytes } = await countsOf(services, version)
  return { id: version.id, ref: referenceTo(dataset, version), number: version.number, name: version.name, state: version.state, files, bytes }
}

/** Undefined where there is no such version, or two that were published apart. */
function find(services: Services, ref: VersionRef): Resolved | undefined {
  try {
    return services.datasets.resolve(ref)
  } catch (error) {
    if (isShoalError(error, 'VERSION_NOT_FOUND') || isShoalError(error, 'VERSION_CONFLICT')) return undefined
    throw error
  }
}
