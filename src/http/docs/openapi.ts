import { z } from 'zod'
import { FAILURES, type FailureCode } from '../../errors/index.ts'
import { job, problem } from '../contract.ts'
import type { AnswerDescription, Route } from '../route.ts'

/** Makes the OpenAPI 3.1 document from the routes themselves, so that it can't say anything else than they do. */

export type JsonSchema = { readonly [key: string]: unknown }
export interface Parameter { readonly name: string, readonly in: 'path' | 'query', readonly required: boolean, readonly description?: string, readonly schema: JsonSchema }
export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean, readonly content: { readonly [media: string]: { readonly schema: JsonSchema } } }
  readonly responses: { readonly [status: string]: unknown }
}
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string, readonly version: string, readonly description: string }
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } }
  readonly components: { readonly schemas: { readonly [name: string]: JsonSchema }, readonly securitySchemes: JsonSchema }
  readonly security: readonly JsonSchema[]
}

const PARAMETERS: Readonly<Record<string, string>> = {
  ns: 'namespace of the dataset',
  name: 'name of the dataset',
  version: 'number, name or id of the version; `latest` for the highest published; `current` for the one people work on',
  path: 'path of the file in the version; slashes may stay as they are',
  id: 'id of the job, run, issue or upload'
}

/** Failures any request may meet. */
const GENERAL: readonly FailureCode[] = ['HOST_REFUSED', 'ORIGIN_REFUSED', 'TOKEN_REQUIRED', 'INTERNAL']

/** @param version of Shoal */
export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = {}
  const describe = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => jsonSchema(schema, io, schemas)
  const paths: Record<string, Record<string, Operation>> = {}
  for (const route of [...routes, ...PLAIN]) {
    const path = paths[route.path] ??= {}
    path[route.method] = operationOf(route, describe)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Shoal', version, description: 'Versioned datasets on the team\'s own machines. Errors are RFC 9457 problem details with a stable `code`.' },
    paths,
    components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'content of <home>/api-token; needed from other machines and for imports and checkouts' } } },
    security: [{}, { token: [] }]
  }
}

type Describe = (schema: z.ZodType, io: 'input' | 'output') => JsonSchema
type Described = Omit<Route, 'handle' | 'group'> & { readonly group: string }

/** Addresses outside /api/v1. */
const PLAIN: readonly Described[] = [
  { method: 'get', path: '/healthz', group: 'Node', summary: 'Whether the node lives', answers: { 200: { description: 'it does', schema: z.strictObject({ status: z.literal('ok') }) } } },
  { method: 'get', path: '/metrics', group: 'Node', summary: 'Figures for Prometheus', answers: { 200: { description: 'figures', media: ['text/plain'] } } }
]

function operationOf(route: Described, describe: Describe): Operation {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(match => match[1] ?? '')
  const parameters: Parameter[] = names.map(name => ({ name, in: 'path', required: true, description: PARAMETERS[name] ?? '', schema: { type: 'string' } }))
  const needed = new Set(route.query?.safeParse({}).error?.issues.map(issue => issue.path[0]))
  for (const [name, schema] of Object.entries(route.query?.shape ?? {})) {
    parameters.push({ name, in: 'query', required: needed.has(name), schema: describe(schema as z.ZodType, 'output') })
  }
  const failures = [...route.failures ?? [], ...impliedFailures(route), ...GENERAL]
  const notes = [route.needsToken === true ? 'Needs the token, also from this machine.' : '', route.isJob === true ? 'Runs as a job: with `Prefer: respond-async` the job is answered at once (202).' : ''].filter(Boolean)
  return {
    operationId: `${route.method}${route.path.replace(/^\/api\/v1/, '').replace(/[^A-Za-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    tags: [route.group],
    summary: route.summary,
    ...notes.length === 0 ? {} : { description: notes.join(' ') },
    parameters,
    ...bodyOf(route, describe),
    responses: { ...answersOf(route, describe), ...failuresOf(failures, describe) }
  }
}

/** Failures that follow from what a route takes. */
function impliedFailures(route: Described): FailureCode[] {
  const codes: FailureCode[] = []
  if (route.path.includes('{')) codes.push('PATH_INVALID')
  if (route.path.includes('{ns}')) codes.push('REFERENCE_INVALID', 'DATASET_NOT_FOUND')
  if (route.path.includes('{version}')) codes.push('VERSION_NOT_FOUND', 'VERSION_CONFLICT')
  if (route.query !== undefined || route.body !== undefined) codes.push('FIELD_INVALID')
  if (route.body !== undefined) codes.push('BODY_INVALID', 'LIMIT_EXCEEDED')
  return codes
}

function bodyOf(route: Described, describe: Describe): Pick<Operation, 'requestBody'> {
  if (route.bytesIn === true) return { requestBody: { required: true, content: { '*/*': { schema: { type: 'string', format: 'binary' } } } } }
  if (route.body === undefined) return {}
  return { requestBody: { required: !route.body.safeParse({}).success, content: { 'application/json': { schema: describe(route.body, 'input') } } } }
}

function answersOf(route: Described, describe: Describe): Record<string, unknown> {
  const answers: Record<string, AnswerDescription> = { ...route.answers, ...route.isJob === true ? { 202: { description: 'the job, with Prefer: respond-async', schema: job } } : {} }
  return Object.fromEntries(Object.entries(answers).map(([status, { description, schema, media }]) => {
    const types = media ?? (schema === undefined ? [] : ['application/json'])
    const content = Object.fromEntries(types.map(type => [type, schema === undefined ? {} : { schema: describe(schema, 'output') }]))
    return [status, { description, ...types.length === 0 ? {} : { content } }]
  }))
}

/** Failures by status: several codes may share one. */
function failuresOf(codes: readonly FailureCode[], describe: Describe): Record<string, unknown> {
  const byStatus = new Map<number, FailureCode[]>()
  for (const code of new Set(codes)) byStatus.set(FAILURES[code].status, [...byStatus.get(FAILURES[code].status) ?? [], code])
  const content = { 'application/problem+json': { schema: describe(problem, 'output') } }
  return Object.fromEntries([...byStatus].map(([status, list]) => [status, { description: list.map(code => `${code}: ${FAILURES[code].title}`).join('; '), content }]))
}

/** A zod schema as JSON Schema; those with a name go to `schemas` and are referred to. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Record<string, JsonSchema>): JsonSchema {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline', override: ({ jsonSchema }) => { delete jsonSchema.readOnly } }) as Record<string, unknown>
  const { $schema: _, $defs: defs, ...root } = made
  for (const [name, definition] of Object.entries(defs ?? {})) schemas[name] ??= named(definition as JsonSchema)
  const id = schema.meta()?.id
  if (id === undefined) return pointed(root)
  schemas[id] ??= named(root)
  return { $ref: `#/components/schemas/${id}` }
}

function named(definition: JsonSchema): JsonSchema {
  const { id: _, ...rest } = definition
  return pointed(rest)
}

/** References into the document's components instead of the schema's own definitions. */
const pointed = (schema: JsonSchema): JsonSchema => JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema
