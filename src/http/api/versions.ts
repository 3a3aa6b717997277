import { isShoalError } from '../../errors/index.ts'
import type { Created } from '../../datasets/index.ts'
import {
  createVersion, deleteVersionQuery, editVersion, ifExistsQuery, logPage, logQuery, publishBody, undoBody, version, versionDetails, versionPage, versionQuery, type Version
} from '../contract.ts'
import { revisionHeaders, wantedRevision } from '../conditions.ts'
import { datasetOf, textOf, versionOf } from '../names.ts'
import { shownPage } from '../paging.ts'
import { Answer, jobRoute, silentRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { showVersion, showVersionDetails } from '../shown/version.ts'
import { numbered } from './log.ts'

const group = 'Versions'
const ALL = '/api/v1/datasets/{ns}/{name}/versions'
const AT = `${ALL}/{version}` as const
const one = { 200: { description: 'the version', schema: version } } as const

/** Versions: list, create, show, edit, publish, archive, delete, log. */
export const versionRoutes = (services: Services): Route[] => [...listRoutes(services), ...oneRoutes(services), ...stateRoutes(services)]

const shown = async (services: Services, resolved: Created, status = 200): Promise<Answer<Version>> =>
  new Answer(await showVersion(services, resolved), { status, headers: revisionHeaders(resolved.dataset.revision) })

function listRoutes(services: Services): Route[] {
  const { datasets } = services
  return [
    valueRoute({
      method: 'get', path: ALL, group, summary: 'List versions', query: versionQuery,
      answers: { 200: { description: 'a page of versions, in the order they were made', schema: versionPage } }, failures: ['DATASET_NOT_FOUND']
    }, async ({ params, query: { limit, cursor, ...filter } }) => {
      const dataset = datasets.find(datasetOf(params))
      const paging = { limit, ...cursor === undefined ? {} : { cursor } }
      return await shownPage(datasets.versions(dataset, filter), row => row.id, paging, row => showVersion(services, { dataset, version: row }))
    }),

    valueRoute({
      method: 'post', path: ALL, group, summary: 'Create a draft: inherit (from versions) or new (empty)', query: ifExistsQuery, body: createVersion,
      answers: { 201: { description: 'the new draft', schema: version }, 200: { description: 'the version there was, with ifExists=return', schema: version } },
      failures: ['DATASET_NOT_FOUND', 'VERSION_EXISTS', 'VERSION_IS_DRAFT', 'VERSION_NOT_FOUND', 'FIELD_INVALID']
    }, async ({ params, query, body }) => {
      const ref = datasetOf(params)
      try {
        return await shown(services, await datasets.createVersion(ref, body), 201)
      } catch (error) {
        if (query.ifExists !== 'return' || !isShoalError(error, 'VERSION_EXISTS') || typeof error.facts.version !== 'string') throw error
        return await shown(services, datasets.resolve({ ...ref, version: error.facts.version }))
      }
    })
  ]
}

function oneRoutes(services: Services): Route[] {
  const { datasets } = services
  return [
    valueRoute({
      method: 'get', path: AT, group, summary: 'Show a version with what changed against its parent',
      answers: { 200: { description: 'the version', schema: versionDetails } }, failures: ['DATASET_NOT_FOUND', 'VERSION_NOT_FOUND', 'VERSION_CONFLICT']
    }, async ({ params }) => {
      const resolved = datasets.resolve(versionOf(params))
      return new Answer(await showVersionDetails(services, resolved), { headers: revisionHeaders(resolved.dataset.revision) })
    }),

    valueRoute({
      method: 'patch', path: AT, group, summary: 'Edit a version', body: editVersion, answers: one,
      failures: ['VERSION_NOT_FOUND', 'VERSION_PUBLISHED', 'VERSION_EXISTS', 'FIELD_INVALID', 'EDIT_CONFLICT']
    }, async ({ params, body, request }) => {
      const ref = versionOf(params)
      return await shown(services, await datasets.editVersion(ref, body, wantedRevision(request, datasets.resolve(ref).dataset.revision)))
    }),

    silentRoute({
      method: 'delete', path: AT, group, summary: 'Delete a version', query: deleteVersionQuery,
      failures: ['VERSION_NOT_FOUND', 'VERSION_PUBLISHED', 'VERSION_IN_USE', 'VERSION_HAS_CHILDREN']
    }, async ({ params, query }) => await datasets.removeVersion(versionOf(params), query))
  ]
}

function stateRoutes(services: Services): Route[] {
  const { datasets } = services
  return [
    valueRoute({ method: 'post', path: `${AT}/archive`, group, summary: 'Archive a version', answers: one, failures: ['VERSION_NOT_FOUND'] },
      async ({ params }) => await shown(services, await datasets.archiveVersion(versionOf(params), true))),
    valueRoute({ method: 'post', path: `${AT}/restore`, group, summary: 'Take a version back out of the archive', answers: one, failures: ['VERSION_NOT_FOUND'] },
      async ({ params }) => await shown(services, await datasets.archiveVersion(versionOf(params), false))),

    jobRoute({
      method: 'post', path: `${AT}/publish`, group, summary: 'Publish a draft: check every chunk, then seal it', body: publishBody, answer: version,
      failures: ['VERSION_NOT_FOUND', 'VERSION_PUBLISHED', 'VERSION_EXISTS', 'VERSION_NOT_READY', 'FIELD_INVALID']
    }, ({ params, body }) => {
      const ref = versionOf(params)
      datasets.resolve(ref)
      return {
        kind: 'publish',
        subject: textOf(ref),
        work: async context => await showVersion(services, await datasets.publish(ref, { ...body, ...context }))
      }
    }),

    valueRoute({
      method: 'post', path: `${AT}/undo`, group, summary: 'Take the last change of a draft’s files back', body: undoBody, answers: one,
      failures: ['VERSION_NOT_FOUND', 'VERSION_PUBLISHED', 'EDIT_CONFLICT']
    }, async ({ params, body }) => await shown(services, await datasets.undo(versionOf(params), body.head))),

    valueRoute({
      method: 'get', path: `${AT}/log`, group, summary: 'Who did what, when; newest first', query: logQuery,
      answers: { 200: { description: 'a page of the history', schema: logPage } }, failures: ['VERSION_NOT_FOUND']
    }, async ({ params, query }) => await shownPage(numbered(await datasets.log(versionOf(params))), row => row.key, query, row => row.item))
  ]
}
