import { parseVersionRef } from '../../model/index.ts'
import { finishRunBody, run, runPage, runsQuery, startRunBody } from '../contract.ts'
import { pageOf } from '../paging.ts'
import { Answer, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const group = 'Experiments'
const ALL = '/api/v1/experiments'
const one = { 200: { description: 'the run', schema: run } } as const

/** K8, A5: scripts say which versions they use, or make files of; running ones keep their versions from being deleted. */
export function runRoutes({ datasets }: Services): Route[] {
  return [
    valueRoute({
      method: 'get', path: ALL, group, summary: 'Experiments and processing runs; newest first', query: runsQuery,
      answers: { 200: { description: 'a page of runs', schema: runPage } }, failures: ['REFERENCE_INVALID', 'DATASET_NOT_FOUND', 'VERSION_NOT_FOUND', 'VERSION_CONFLICT']
    }, async ({ query: { limit, cursor, version, dataset, ...filter } }) => {
      const all = datasets.runs.list({ ...filter, ...version === undefined ? {} : { version: parseVersionRef(version) } })
      const rows = dataset === undefined ? all : all.filter(({ inputs, output }) => output?.dataset === dataset || inputs.some(input => input.dataset === dataset))
      return pageOf(rows, row => row.id, { limit, ...cursor === undefined ? {} : { cursor } })
    }),

    valueRoute({
      method: 'post', path: ALL, group, summary: 'Say that a script uses versions: recorded with their content hashes', body: startRunBody,
      answers: { 201: { description: 'the run', schema: run } },
      failures: ['REFERENCE_INVALID', 'DATASET_NOT_FOUND', 'VERSION_NOT_FOUND', 'VERSION_CONFLICT', 'VERSION_PUBLISHED', 'CHUNK_MISSING', 'NOT_ALLOWED']
    }, async ({ body: { versions, output, ...fields } }) => {
      const started = await datasets.runs.start({ ...fields, versions: versions.map(parseVersionRef), ...output === undefined ? {} : { output: parseVersionRef(output) } })
      return new Answer(started, { status: 201, headers: { location: `${ALL}/${started.id}` } })
    }),

    valueRoute({ method: 'get', path: `${ALL}/{id}`, group, summary: 'A run', answers: one, failures: ['RUN_NOT_FOUND'] }, async ({ params }) => datasets.runs.get(params.id)),
    valueRoute({ method: 'post', path: `${ALL}/{id}/heartbeat`, group, summary: 'Say that a run still goes on', answers: one, failures: ['RUN_NOT_FOUND', 'RUN_ENDED', 'NOT_ALLOWED'] },
      async ({ params }) => await datasets.runs.beat(params.id)),
    valueRoute({ method: 'post', path: `${ALL}/{id}/finish`, group, summary: 'Say that a run ended, and how', body: finishRunBody, answers: one, failures: ['RUN_NOT_FOUND', 'RUN_ENDED', 'NOT_ALLOWED'] },
      async ({ params, body }) => await datasets.runs.finish(params.id, body))
  ]
}
