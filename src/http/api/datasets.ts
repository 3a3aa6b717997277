import { isShoalError } from '../../errors/index.ts'
import type { DatasetView } from '../../catalog/index.ts'
import {
  createDataset, dataset, datasetPage, datasetQuery, deleteDatasetQuery, deleteDatasetReport, editDataset, ifExistsQuery, keepBody, snapshotBody, snapshotResult, tagChange, words,
  type Dataset, type DeleteDatasetQuery, type DeleteDatasetReport
} from '../contract.ts'
import { revisionHeaders, wantedRevision } from '../conditions.ts'
import { linksOf, removeSources } from '../../files/index.ts'
import type { DatasetRef } from '../../model/index.ts'
import type { JobContext } from '../../runtime/index.ts'
import { datasetOf, textOf } from '../names.ts'
import { networkOf } from './network.ts'
import { shownPage } from '../paging.ts'
import { Answer, jobRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { showDataset } from '../shown/dataset.ts'
import { showVersion } from '../shown/version.ts'

const group = 'Datasets'
const AT = '/api/v1/datasets/{ns}/{name}'
const one = { 200: { description: 'the dataset', schema: dataset } } as const

/** Datasets: list, create, show, edit, archive, delete, snapshot, tags, keep. */
export const datasetRoutes = (services: Services): Route[] =>
  [...listRoutes(services), ...oneRoutes(services), ...stateRoutes(services), ...tagRoutes(services), ...keepRoutes(services)]

const shown = async (services: Services, view: DatasetView, status = 200): Promise<Answer<Dataset>> =>
  new Answer(await showDataset(services, view), { status, headers: revisionHeaders(view.revision) })

function listRoutes(services: Services): Route[] {
  const { datasets } = services
  return [
    valueRoute({
      method: 'get', path: '/api/v1/datasets', group, summary: 'List datasets', query: datasetQuery,
      answers: { 200: { description: 'a page of datasets, by namespace and name', schema: datasetPage } }
    }, async ({ query: { limit, cursor, ...filter } }) =>
      await shownPage(datasets.list(filter), view => view.id, { limit, ...cursor === undefined ? {} : { cursor } }, view => showDataset(services, view))),

    valueRoute({
      method: 'post', path: '/api/v1/datasets', group, summary: 'Create a dataset with an empty draft', query: ifExistsQuery, body: createDataset,
      answers: { 201: { description: 'the new dataset', schema: dataset }, 200: { description: 'the dataset there was, with ifExists=return', schema: dataset } },
      failures: ['DATASET_EXISTS', 'FIELD_INVALID']
    }, async ({ query, body }) => {
      try {
        const view = await datasets.create(body)
        const answer = await shown(services, view, 201)
        return new Answer(answer.value, { status: 201, headers: { ...answer.headers, location: `/api/v1/datasets/${view.namespace}/${view.name}` } })
      } catch (error) {
        if (query.ifExists === 'return' && isShoalError(error, 'DATASET_EXISTS')) return await shown(services, datasets.find(body))
        throw error
      }
    })
  ]
}

function oneRoutes(services: Services): Route[] {
  const { datasets } = services
  return [
    valueRoute({ method: 'get', path: AT, group, summary: 'Show a dataset', answers: one, failures: ['DATASET_NOT_FOUND'] },
      async ({ params }) => await shown(services, datasets.find(datasetOf(params)))),

    valueRoute({
      method: 'patch', path: AT, group, summary: 'Edit a dataset', body: editDataset, answers: one,
      failures: ['DATASET_NOT_FOUND', 'FIELD_INVALID', 'FIELD_FIXED', 'EDIT_CONFLICT']
    }, async ({ params, body, request }) => {
      const ref = datasetOf(params)
      return await shown(services, await datasets.edit(ref, body, wantedRevision(request, datasets.find(ref).revision)))
    }),

    jobRoute({
      method: 'delete', path: AT, group, summary: 'Delete a dataset, and with deleteSources what its links point to', query: deleteDatasetQuery, answer: deleteDatasetReport,
      failures: ['DATASET_NOT_FOUND', 'DATASET_NOT_EMPTY', 'DATASET_IN_USE', 'CHUNK_MISSING']
    }, ({ params, query }) => {
      const ref = datasetOf(params)
      datasets.find(ref)
      return { kind: 'delete', subject: textOf(ref), work: async context => await removeWhole(services, ref, query, context) }
    })
  ]
}

/** C6. Sources go last: whatever becomes of them, the dataset is gone. */
async function removeWhole(services: Services, ref: DatasetRef, { allVersions = false, force = false, deleteSources = false }: DeleteDatasetQuery, watched: JobContext): Promise<DeleteDatasetReport> {
  const { datasets, files, links } = services
  const urls = new Set<string>()
  if (deleteSources && allVersions) {
    for (const { id } of datasets.find(ref).versions) for await (const link of linksOf(files, { ...ref, version: id })) urls.add(link.url)
  }
  watched.signal.throwIfAborted()
  watched.progress({ phase: 'deleting', files: 0, bytes: 0, current: textOf(ref) })
  await datasets.remove(ref, { allVersions, force })
  return { deleted: textOf(ref), sources: await removeSources(links, urls, watched) }
}

function stateRoutes(services: Services): Route[] {
  const { datasets } = services
  return [
    valueRoute({ method: 'post', path: `${AT}/archive`, group, summary: 'Archive a dataset', answers: one, failures: ['DATASET_NOT_FOUND'] },
      async ({ params }) => await shown(services, await datasets.archive(datasetOf(params), true))),
    valueRoute({ method: 'post', path: `${AT}/restore`, group, summary: 'Take a dataset back out of the archive', answers: one, failures: ['DATASET_NOT_FOUND'] },
      async ({ params }) => await shown(services, await datasets.archive(datasetOf(params), false))),

    jobRoute({
      method: 'post', path: `${AT}/snapshot`, group, summary: 'Publish the draft Current and go on with a new one', body: snapshotBody, answer: snapshotResult,
      failures: ['DATASET_NOT_FOUND', 'VERSION_NOT_READY']
    }, ({ params, body }) => {
      const ref = datasetOf(params)
      datasets.find(ref)
      return {
        kind: 'publish',
        subject: `${ref.namespace}/${ref.name}`,
        work: async context => {
          const { published, child } = await datasets.snapshot(ref, { ...body, ...context })
          return { published: await showVersion(services, published), child: await showVersion(services, child) }
        }
      }
    })
  ]
}

function tagRoutes({ datasets }: Services): Route[] {
  const answers = { 200: { description: 'its tags', schema: words } } as const
  const path = `${AT}/tags` as const
  return [
    valueRoute({ method: 'get', path, group, summary: 'Tags of a dataset', answers, failures: ['DATASET_NOT_FOUND'] },
      async ({ params }) => datasets.find(datasetOf(params)).tags),
    valueRoute({ method: 'put', path, group, summary: 'Set the tags of a dataset', body: words, answers, failures: ['DATASET_NOT_FOUND', 'FIELD_INVALID'] },
      async ({ params, body }) => (await datasets.edit(datasetOf(params), { tags: body })).tags),
    valueRoute({ method: 'patch', path, group, summary: 'Add and remove tags of a dataset', body: tagChange, answers, failures: ['DATASET_NOT_FOUND', 'FIELD_INVALID'] },
      async ({ params, body }) => {
        const ref = datasetOf(params)
        const { add = [], remove = [] } = body
        return (await datasets.edit(ref, { tags: [...new Set([...datasets.find(ref).tags, ...add])].filter(tag => !remove.includes(tag)) })).tags
      })
  ]
}

function keepRoutes(services: Services): Route[] {
  const answers = { 200: { description: 'what this node keeps of it', schema: keepBody } } as const
  const path = `${AT}/keep` as const
  const known = (params: { ns: string, name: string }) => {
    const ref = datasetOf(params)
    services.datasets.find(ref)
    return ref
  }
  return [
    valueRoute({ method: 'get', path, group, summary: 'What this node keeps of a dataset', answers, failures: ['DATASET_NOT_FOUND', 'NETWORK_OFF'] },
      async ({ params }) => ({ keep: networkOf(services).keep(known(params)) })),
    valueRoute({ method: 'put', path, group, summary: 'Choose what this node keeps of a dataset', body: keepBody, answers, failures: ['DATASET_NOT_FOUND', 'NETWORK_OFF', 'NOT_ALLOWED'] },
      async ({ params, body }) => {
        const ref = known(params)
        await networkOf(services).setKeep(ref, body.keep)
        return { keep: networkOf(services).keep(ref) }
      })
  ]
}
