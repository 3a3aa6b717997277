import { z } from 'zod'

/** Checks answers against the API's own published description. */

interface Described { readonly paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema?: object }> }> }>>, readonly components: { schemas: object } }

/** @param document what /openapi.json answers @returns a check that throws where an answer is not what the document says */
export function answerChecker(document: Described): (method: string, address: string, status: number, media: string, body: unknown) => void {
  const made = new Map<object, z.ZodType>()
  const definitions = JSON.parse(JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/')) as object
  const schemaOf = (schema: object): z.ZodType => {
    const known = made.get(schema)
    if (known !== undefined) return known
    const local = JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')) as object
    const built = z.fromJSONSchema({ ...local, $defs: definitions } as Parameters<typeof z.fromJSONSchema>[0])
    made.set(schema, built)
    return built
  }
  const patterns = Object.keys(document.paths).map(path => ({ path, pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{path\}/g, '.+').replace(/\{\w+\}/g, '[^/]+')}$`) }))

  return (method, address, status, media, body) => {
    const path = patterns.find(({ pattern }) => pattern.test(address.split('?')[0] ?? ''))?.path
    if (path === undefined) throw new Error(`${address} is not in the document`)
    const operation = document.paths[path]?.[method.toLowerCase()]
    if (operation === undefined) throw new Error(`${method} ${path} is not in the document`)
    const answer = operation.responses[String(status)]
    if (answer === undefined) throw new Error(`${method} ${path} answered ${status}, which the document does not name: ${JSON.stringify(body)}`)
    const schema = answer.content?.[media]?.schema
    if (schema === undefined) throw new Error(`${method} ${path} answered ${media} with ${status}, which the document does not name`)
    const read = schemaOf(schema).safeParse(body)
    if (!read.success) throw new Error(`${method} ${path} ${status} is not as described: ${read.error.message}\n${JSON.stringify(body)}`)
  }
}
