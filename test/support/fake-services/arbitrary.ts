import * as fc from 'fast-check'

/** Requests drawn from the API's own description: right ones, nearly right ones and hostile ones. */

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}
export interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, {
    readonly parameters: readonly { readonly name: string, readonly in: string, readonly schema: Schema }[]
    readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  }>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export interface Drawn { /** `get /api/v1/…`, as the document names it. */ readonly operation: string, readonly method: string, readonly address: string, readonly body: string | Uint8Array<ArrayBuffer> | undefined, readonly headers: Readonly<Record<string, string>> }

/** Words that hit something in the world the requests meet, and words made to hurt. */
const WORDS = ['vision', 'pets', 'birds', '1.0.0', '1.1.0', 'Current', 'latest', 'current', 'a.txt', 'photos/a.jpg', 'photos', '1', 'vision/pets', 'vision/pets@1.0.0', '/data', 'draft', 'inherit', 'new', 'image', 'blake3', 'r1', 'shoal-invite-1']
const HOSTILE = ['', ' ', '.', '..', '../../etc/passwd', '/etc/passwd', 'a//b', '\0', 'a\nb', '\u202e', '\ud800', '__proto__', 'constructor', 'toString', 'CON', '%', '%2e%2e', '%00', '\\', 'x'.repeat(3000), '{}', '<script>', '${7*7}', "' or 1=1 --", '\u{1F41F}', '-1', '1e999', 'NaN', 'null', 'true']

const word = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...WORDS) }, { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) })
const number = fc.oneof(fc.integer({ min: -2, max: 20 }), fc.constantFrom(0, 1e15, Number.MAX_SAFE_INTEGER, -0.5, 1e308))
/** With words of ours in place of most of the random text. */
const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), word, number, fc.constantFrom(null, true, [], {}))

/** Values of a JSON schema, one in ten of them something else. */
function valueOf(schema: Schema, described: Described, depth = 0): fc.Arbitrary<unknown> {
  const target = schema.$ref === undefined ? schema : described.components.schemas[schema.$ref.replace('#/components/schemas/', '')] ?? {}
  const right = rightValue(target, described, depth)
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: anything })
}

function rightValue(schema: Schema, described: Described, depth: number): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const options = schema.anyOf ?? schema.oneOf
  if (options !== undefined) return fc.oneof(...options.map(option => valueOf(option, described, depth + 1)))
  switch (schema.type) {
    case 'string': return word
    case 'integer':
    case 'number': return number
    case 'boolean': return fc.boolean()
    case 'array': return fc.array(valueOf(schema.items ?? {}, described, depth + 1), { maxLength: 4 })
    case 'object': return objectOf(schema, described, depth)
    default: return anything
  }
}

function objectOf(schema: Schema, described: Described, depth: number): fc.Arbitrary<unknown> {
  const known = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, property]) => [name, valueOf(property, described, depth + 1)]))
  const record = fc.record(known, { requiredKeys: [...schema.required ?? []] })
  const extra = typeof schema.additionalProperties === 'object' || schema.properties === undefined ? fc.dictionary(word, anything, { maxKeys: 2 }) : fc.constant({})
  return fc.tuple(record, extra, fc.integer({ min: 0, max: 9 })).map(([object, more, dice]) => dice === 0 ? { ...object, unknown: 1 } : { ...object, ...more })
}

const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { range: 'bytes=0-1' }, { range: 'bytes=99-' }, { range: 'nonsense' }, { 'if-match': '"r1"' }, { 'if-match': '*' }, { 'if-none-match': '*' }, { prefer: 'respond-async' }, { accept: 'application/x-ndjson' },
  { 'x-blake3': 'ab'.repeat(32) }, { 'content-digest': 'sha-256=:AAAA:' }, { 'x-size': '3' }, { 'content-type': 'text/html' }, { 'last-event-id': 'x-1' }, { 'content-type': 'application/json; charset=utf-16' },
  { 'upload-length': '3', 'upload-metadata': 'dataset dmlzaW9uL3BldHM=,version bmV4dA==,path YS50eHQ=' }, { 'upload-length': '3', 'upload-concat': 'partial' }, { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
  { 'upload-checksum': 'sha1 AAAA' }, { 'upload-concat': 'final;/api/v1/uploads/x' }, { 'tus-resumable': '9.0.0' }
]

/** What an address must say to meet something, by the names of its parts. */
export interface Hits { readonly [name: string]: readonly string[] }

const HITS: Hits = {
  ns: ['vision'], name: ['pets'], version: ['1.0.0', '1.1.0', 'latest', 'current', 'next'], path: ['a.txt', 'photos/a.jpg', 'photos', 'new.txt'], id: ['1', '2', 'a'.repeat(26)]
}

function parameterOf(parameter: { readonly name: string, readonly in: string, readonly schema: Schema }, described: Described, more: Hits): fc.Arbitrary<unknown> {
  const hits = parameter.in === 'path' ? more[parameter.name] ?? HITS[parameter.name] : undefined
  return hits === undefined ? valueOf(parameter.schema, described) : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...hits) }, { weight: 1, arbitrary: word })
}

/** One request to any operation of the document. @param hits what addresses should name, beside what every world of tests holds */
export function requestOf(described: Described, hits: Hits = {}): fc.Arbitrary<Drawn> {
  const operations = Object.entries(described.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
  return fc.constantFrom(...operations).chain(({ path, method, operation }) => {
    const parameters = fc.tuple(...operation.parameters.map(parameter => fc.tuple(fc.constant(parameter), parameterOf(parameter, described, hits), fc.boolean())))
    const media = Object.entries(operation.requestBody?.content ?? {})[0]
    const body = media === undefined
      ? fc.constant(undefined)
      : media[0] === 'application/json'
        ? fc.oneof({ weight: 10, arbitrary: valueOf(media[1].schema, described).map(value => JSON.stringify(value)) }, { weight: 1, arbitrary: fc.constantFrom('', '{', '[]', '\u0000', '"\\ud800"', '[[[[[[]]]]]]') })
        : fc.uint8Array({ maxLength: 50 }).map(bytes => new Uint8Array(bytes))
    const headers = fc.array(fc.constantFrom(...HEADERS), { maxLength: 2 }).map(list => Object.assign({}, ...list) as Record<string, string>)
    return fc.tuple(parameters, body, headers, fc.integer({ min: 0, max: 19 })).map(([chosen, sent, more, dice]) => {
      let address = path
      const query = new URLSearchParams(dice === 0 ? { unknown: '1' } : {})
      for (const [parameter, value, wanted] of chosen) {
        const text = String(typeof value === 'object' ? JSON.stringify(value) : value)
        if (parameter.in === 'path') address = address.replace(`{${parameter.name}}`, () => parameter.name === 'path' && wanted ? text.split('/').map(encoded).join('/') : encoded(text))
        else if (wanted) query.append(parameter.name, text.toWellFormed())
      }
      const type: Record<string, string> = media?.[0] === 'application/json' ? { 'content-type': 'application/json' } : {}
      return { operation: `${method} ${path}`, method: method.toUpperCase(), address: `${address}${query.size === 0 ? '' : `?${query}`}`, body: sent, headers: { ...type, ...more } }
    })
  })
}

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())
