import { type Checked, type Rules, isObject, longText, oneOf, right, shortText, shown, wrong } from './field.ts'
import { MAX_DESCRIPTION, MAX_LINE } from './dataset.ts'
import { type JsonObject, readJsonObject } from './json.ts'

/** K8, A5: what a script may do with versions: use them in an experiment, or make files of another version from them. */
export const RUN_KINDS = ['experiment', 'processing'] as const
export type RunKind = typeof RUN_KINDS[number]
/** How a run may end. */
export const RUN_ENDS = ['done', 'failed'] as const
export type RunEnd = typeof RUN_ENDS[number]

/** A version as a run found it, pinned by content (L7). */
export interface PinnedVersion {
  readonly dataset: string
  readonly version: string
  readonly number: string
  /** Root of its tree, `blake3:<hex>`. */
  readonly tree: string
}

/** What the catalog keeps of a run, with each version it uses or makes. Times are ISO-8601 UTC. */
export interface RunNote {
  readonly kind: RunKind
  readonly name: string
  readonly tool: string
  readonly settings: JsonObject
  readonly inputs: readonly PinnedVersion[]
  /** The draft it writes into. */
  readonly output: PinnedVersion | null
  readonly by: string
  readonly startedAt: string
  /** When it was last heard of. */
  readonly beatAt: string
  readonly end: RunEnd | null
  readonly endedAt: string | null
  readonly message: string
}

/** What a script states about a run. */
export interface RunInput {
  readonly kind: RunKind
  readonly name: string
  readonly tool: string
  readonly settings: JsonObject
  readonly message: string
  readonly end: RunEnd
}

const name = (value: unknown): Checked<string> => {
  const text = shortText(MAX_LINE)(value)
  return text.ok && text.value === '' ? wrong('is empty; give one such as "resnet run 7"') : text
}

export const RUN_RULES: Rules<RunInput> = {
  kind: oneOf(RUN_KINDS),
  name,
  tool: shortText(MAX_LINE),
  settings: readJsonObject,
  message: longText(MAX_DESCRIPTION),
  end: oneOf(RUN_ENDS)
}

/** A note as a run; undefined when it is none (a peer may hold anything). */
export function readRunNote(value: unknown): RunNote | undefined {
  if (!isObject(value)) return undefined
  const note = value as Partial<Record<keyof RunNote, unknown>>
  const texts = [note.name, note.tool, note.by, note.startedAt, note.beatAt, note.message]
  const isRight = texts.every(text => typeof text === 'string') && RUN_KINDS.includes(note.kind as RunKind) && isObject(note.settings) &&
    Array.isArray(note.inputs) && note.inputs.every(isPinned) && (note.output === null || isPinned(note.output)) &&
    (note.end === null || RUN_ENDS.includes(note.end as RunEnd)) && (note.endedAt === null || typeof note.endedAt === 'string') &&
    !Number.isNaN(Date.parse(String(note.startedAt))) && !Number.isNaN(Date.parse(String(note.beatAt)))
  return isRight ? note as unknown as RunNote : undefined
}

const isPinned = (value: unknown): boolean =>
  isObject(value) && ['dataset', 'version', 'number', 'tree'].every(field => typeof (value as Record<string, unknown>)[field] === 'string')

/** K7: something people should know about a version before they use it. */
export interface IssueNote {
  readonly title: string
  readonly detail: string
  /** A file or folder it concerns; '' for all. */
  readonly path: string
  readonly state: 'open' | 'closed'
  readonly by: string
  readonly at: string
  readonly changedAt: string
}

export interface IssueInput {
  readonly title: string
  readonly detail: string
  readonly path: string
  readonly state: 'open' | 'closed'
}

/** Characters of a path that an issue names. */
const MAX_ISSUE_PATH = 1024

export const ISSUE_RULES: Rules<IssueInput> = {
  title: value => {
    const text = shortText(MAX_LINE)(value)
    return text.ok && text.value === '' ? wrong(`must say in a line what is wrong, not ${shown(value)}`) : text
  },
  detail: longText(MAX_DESCRIPTION),
  path: value => {
    const text = shortText(MAX_ISSUE_PATH)(value)
    return text.ok ? right(text.value.replace(/\/+$/, '')) : text
  },
  state: oneOf(['open', 'closed'])
}

/** A note as an issue; undefined when it is none. */
export function readIssueNote(value: unknown): IssueNote | undefined {
  if (!isObject(value)) return undefined
  const note = value as Partial<Record<keyof IssueNote, unknown>>
  const isRight = [note.title, note.detail, note.path, note.by, note.at, note.changedAt].every(text => typeof text === 'string') && (note.state === 'open' || note.state === 'closed')
  return isRight ? note as unknown as IssueNote : undefined
}
