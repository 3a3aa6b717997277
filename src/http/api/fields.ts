import { ShoalError } from '../../errors/index.ts'
import { jsonObject, maskLabels, tagChange, words } from '../contract.ts'
import { revisionHeaders, wantedRevision } from '../conditions.ts'
import type { EditVersion, Resolved } from '../../datasets/index.ts'
import { datasetOf, versionOf } from '../names.ts'
import { Answer, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const group = 'Versions'
const AT = '/api/v1/datasets/{ns}/{name}/versions/{version}'

/** Single fields of a version with addresses of their own: metadata, mask labels, tags. PUT takes what GET gives. */
export function fieldRoutes({ datasets }: Services): Route[] {
  const answer = <T>({ dataset }: Resolved, value: T): Answer<T> => new Answer(value, { headers: revisionHeaders(dataset.revision) })
  const edit = async (params: { ns: string, name: string, version: string }, request: Request, fields: EditVersion): Promise<Resolved> => {
    const ref = versionOf(params)
    return await datasets.editVersion(ref, fields, wantedRevision(request, datasets.resolve(ref).dataset.revision))
  }
  const failures = ['VERSION_NOT_FOUND', 'FIELD_INVALID', 'EDIT_CONFLICT'] as const
  const metadata = { path: `${AT}/metadata`, group, failures, answers: { 200: { description: 'its metadata', schema: jsonObject } } } as const
  const labels = { path: `${AT}/mask-labels`, group, failures, answers: { 200: { description: 'colours to labels', schema: maskLabels } } } as const
  const tags = { path: `${AT}/tags`, group, failures, answers: { 200: { description: 'its tags', schema: words } } } as const

  return [
    valueRoute({ ...metadata, method: 'get', summary: 'Metadata of a version' }, async ({ params }) => {
      const resolved = datasets.resolve(versionOf(params))
      return answer(resolved, resolved.version.metadata)
    }),
    valueRoute({ ...metadata, method: 'put', summary: 'Set the metadata of a version', body: jsonObject }, async ({ params, body, request }) => {
      const resolved = await edit(params, request, { metadata: body })
      return answer(resolved, resolved.version.metadata)
    }),
    valueRoute({ ...labels, method: 'get', summary: 'Mask labels of a version' }, async ({ params }) => {
      const resolved = datasets.resolve(versionOf(params))
      return answer(resolved, { ...resolved.version.maskLabels })
    }),
    valueRoute({ ...labels, method: 'put', summary: 'Set the mask labels of a version', body: maskLabels }, async ({ params, body, request }) => {
      const resolved = await edit(params, request, { maskLabels: body })
      return answer(resolved, { ...resolved.version.maskLabels })
    }),
    valueRoute({ ...tags, method: 'get', summary: 'Tags of a version' }, async ({ params }) => {
      const resolved = datasets.resolve(versionOf(params))
      return answer(resolved, resolved.version.tags)
    }),
    valueRoute({ ...tags, method: 'put', summary: 'Set the tags of a version', body: words }, async ({ params, body, request }) => {
      const resolved = await edit(params, request, { tags: body })
      return answer(resolved, resolved.version.tags)
    }),
    valueRoute({ ...tags, method: 'patch', summary: 'Add and remove tags of a version', body: tagChange }, async ({ params, body }) => {
      const { id } = datasets.resolve(versionOf(params)).version
      const ref = { ...datasetOf(params), version: id }
      const [result] = await datasets.changeVersions(ref, { action: 'tag', versions: [id], add: body.add ?? [], remove: body.remove ?? [] })
      if (result?.error !== undefined) throw ShoalError.fromWire(result.error)
      const resolved = datasets.resolve(ref)
      return answer(resolved, resolved.version.tags)
    })
  ]
}
