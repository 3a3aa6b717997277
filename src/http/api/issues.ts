import { issue, issueBody, issues } from '../contract.ts'
import { versionOf } from '../names.ts'
import { Answer, silentRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const group = 'Versions'
const ALL = '/api/v1/datasets/{ns}/{name}/versions/{version}/issues'

/** K7: what people should know about a version before they use it; published ones too. */
export function issueRoutes({ datasets }: Services): Route[] {
  return [
    valueRoute({ method: 'get', path: ALL, group, summary: 'Known issues of a version', answers: { 200: { description: 'open ones first', schema: issues } } },
      async ({ params }) => datasets.issues.list(versionOf(params))),
    valueRoute({
      method: 'post', path: ALL, group, summary: 'Note a known issue of a version', body: issueBody, answers: { 201: { description: 'the issue', schema: issue } },
      failures: ['LIMIT_EXCEEDED', 'NOT_ALLOWED']
    }, async ({ params, body }) => new Answer(await datasets.issues.add(versionOf(params), body), { status: 201 })),
    valueRoute({
      method: 'patch', path: `${ALL}/{id}`, group, summary: 'Change or close a known issue', body: issueBody, answers: { 200: { description: 'the issue', schema: issue } },
      failures: ['ISSUE_NOT_FOUND', 'NOT_ALLOWED']
    }, async ({ params, body }) => await datasets.issues.edit(versionOf(params), params.id, body)),
    silentRoute({ method: 'delete', path: `${ALL}/{id}`, group, summary: 'Remove a known issue', failures: ['ISSUE_NOT_FOUND', 'NOT_ALLOWED'] },
      async ({ params }) => await datasets.issues.remove(versionOf(params), params.id))
  ]
}
