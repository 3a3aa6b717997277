import type { z } from 'zod'
import type { FailureCode } from '../errors/index.ts'
import type { JobContext } from '../runtime/index.ts'
import type { Caller } from './guard/caller.ts'

/** What a route is: its description, from which /openapi.json is made, and its handler, typed by that description. */

export type Method = 'options' | 'get' | 'post' | 'put' | 'patch' | 'delete'
export type Group = 'Datasets' | 'Versions' | 'Files' | 'Uploads' | 'Experiments' | 'Jobs' | 'Node' | 'Network' | 'Upkeep'

/** One answer a route gives when all goes well. */
export interface AnswerDescription {
  readonly description: string
  readonly schema?: z.ZodType
  /** Default: JSON where there is a schema. */
  readonly media?: readonly string[]
}

export interface Description {
  readonly method: Method
  /** As in OpenAPI: `/api/v1/datasets/{ns}/{name}`; `{path}` takes the rest. */
  readonly path: string
  readonly group: Group
  readonly summary: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** The body is any bytes, streamed. */
  readonly bytesIn?: boolean
  readonly answers: Readonly<Record<number, AnswerDescription>>
  /** Failures particular to this route. */
  readonly failures?: readonly FailureCode[]
  /** Names paths of this machine: needs the token, also from this machine. */
  readonly needsToken?: boolean
  /** Runs as a job: `Prefer: respond-async` answers 202 at once. */
  readonly isJob?: boolean
}

type ParamNames<Path> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | ParamNames<Rest> : never
type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

/** One request, with its parts read and checked. */
export interface Call<Path extends string = string, Query = unknown, Body = unknown> {
  readonly params: Readonly<Record<ParamNames<Path>, string>>
  readonly query: Query
  readonly body: Body
  readonly request: Request
  readonly caller: Caller
}

/** A value to answer, with a status or headers of its own. */
export class Answer<T> {
  readonly value: T
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(value: T, options: { status?: number, headers?: Readonly<Record<string, string>> } = {}) {
    this.value = value
    this.status = options.status ?? 200
    this.headers = options.headers ?? {}
  }
}

/** Work to be run as a job; what it resolves to is the answer. */
export interface Plan<T> {
  readonly kind: string
  readonly subject: string
  readonly work: (context: JobContext) => Promise<T>
}

export interface Route extends Description {
  readonly handle:
    | { readonly kind: 'value', readonly answer: (call: Call) => Promise<unknown> }
    | { readonly kind: 'job', readonly plan: (call: Call) => Plan<unknown> }
    | { readonly kind: 'response', readonly respond: (call: Call) => Promise<Response> }
}

interface Typed<Path extends string, Query extends z.ZodObject, Body extends z.ZodType> extends Omit<Description, 'answers'> {
  readonly path: Path
  readonly query?: Query
  readonly body?: Body
}

type Answers<Schema extends z.ZodType> = Readonly<Record<number, { readonly description: string, readonly schema: Schema }>>
type TypedCall<Path extends string, Query, Body> = Call<Path, Output<Query>, Output<Body>>

/** A route that answers JSON of the schema it states, or 204 where the handler returns nothing. */
export const valueRoute = <Path extends string, Schema extends z.ZodType, Query extends z.ZodObject = never, Body extends z.ZodType = never>(
  description: Typed<Path, Query, Body> & { readonly answers: Answers<Schema> },
  answer: (call: TypedCall<Path, Query, Body>) => Promise<z.output<Schema> | Answer<z.output<Schema>>>
): Route => ({ ...description, handle: { kind: 'value', answer: answer as (call: Call) => Promise<unknown> } })

/** A route that changes something and answers nothing. */
export const silentRoute = <Path extends string, Query extends z.ZodObject = never, Body extends z.ZodType = never>(
  description: Typed<Path, Query, Body>,
  act: (call: TypedCall<Path, Query, Body>) => Promise<void>
): Route => ({ ...description, answers: { 204: { description: 'done' } }, handle: { kind: 'value', answer: act as (call: Call) => Promise<unknown> } })

/** A route that takes long: it waits for the end, or answers the job at once when asked to. */
export const jobRoute = <Path extends string, Schema extends z.ZodType, Query extends z.ZodObject = never, Body extends z.ZodType = never>(
  description: Typed<Path, Query, Body> & { readonly answer: Schema },
  plan: (call: TypedCall<Path, Query, Body>) => Plan<z.output<Schema>>
): Route => {
  const { answer: schema, ...rest } = description
  return { ...rest, isJob: true, answers: { 200: { description: 'done', schema } }, handle: { kind: 'job', plan: plan as (call: Call) => Plan<unknown> } }
}

/** A route that makes its own response: bytes, lines, events. */
export const responseRoute = <Path extends string, Query extends z.ZodObject = never, Body extends z.ZodType = never>(
  description: Typed<Path, Query, Body> & { readonly answers: Description['answers'] },
  respond: (call: TypedCall<Path, Query, Body>) => Promise<Response>
): Route => ({ ...description, handle: { kind: 'response', respond: respond as (call: Call) => Promise<Response> } })
