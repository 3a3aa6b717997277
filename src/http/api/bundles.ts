import { parseVersionRef } from '../../model/index.ts'
import { referenceTo } from '../../datasets/index.ts'
import { bundleImported, bundleQuery } from '../contract.ts'
import { disposition } from '../files/media-type.ts'
import { bodyBytes } from '../request.ts'
import { responseRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { bodyFrom } from '../stream.ts'

const group = 'Upkeep'
const AT = '/api/v1/bundles'
const MEDIA = 'application/vnd.shoal.bundle'

/** S9: a version as one file, out and in. */
export function bundleRoutes({ bundles, datasets }: Services): Route[] {
  return [
    responseRoute({
      method: 'get', path: AT, group, summary: 'A version with its catalog entry and signatures as one file', query: bundleQuery,
      answers: { 200: { description: 'the bundle', media: [MEDIA] } }, failures: ['REFERENCE_INVALID', 'VERSION_NOT_FOUND', 'VERSION_CONFLICT', 'CHUNK_MISSING', 'CHUNK_DAMAGED']
    }, async ({ query, caller }) => {
      const ref = parseVersionRef(query.ref)
      const { dataset, version } = datasets.resolve(ref)
      const headers = { 'content-type': MEDIA, 'content-disposition': disposition('attachment', `${dataset.name}-${version.number}.shoal`), 'cache-control': 'no-store' }
      return new Response(await bodyFrom(bundles.export(ref), caller), { headers })
    }),

    valueRoute({
      method: 'post', path: AT, group, summary: 'Take in a bundle: the body, streamed; all of it or nothing', bytesIn: true,
      answers: { 201: { description: 'what it brought', schema: bundleImported } }, failures: ['BUNDLE_INVALID', 'DISK_FULL', 'LIMIT_EXCEEDED']
    }, async ({ request }) => {
      const { dataset, version, ...counts } = await bundles.import(bodyBytes(request))
      return { ref: referenceTo(dataset, version), id: version.id, ...counts }
    })
  ]
}
