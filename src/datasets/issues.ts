import type { Json, VersionView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'
import { ISSUE_RULES, type IssueInput, type IssueNote, type VersionRef, checkPath, readFields, readIssueNote, refuseProblems, toBase32 } from '../model/index.ts'
import { type NotesDeps, notesOf } from './notes.ts'

/** More known issues than anyone reads. */
const MAX_ISSUES = 500

const PREFIX = 'issue:'

/** K7: a known issue of a version. */
export interface Issue extends IssueNote { readonly id: string }

export interface Issues {
  /** Open ones first, then the newest first. */
  list(ref: VersionRef): readonly Issue[]
  /** @throws FIELD_INVALID, PATH_INVALID, LIMIT_EXCEEDED */
  add(ref: VersionRef, input: Partial<IssueInput>): Promise<Issue>
  /** @throws ISSUE_NOT_FOUND, FIELD_INVALID */
  edit(ref: VersionRef, id: string, input: Partial<IssueInput>): Promise<Issue>
  /** @throws ISSUE_NOT_FOUND */
  remove(ref: VersionRef, id: string): Promise<void>
}

/** Issues are notes, so published versions have them too, on every node. */
export function createIssues(deps: NotesDeps): Issues {
  const iso = (): string => new Date(deps.clock.now()).toISOString()
  const read = (input: Partial<IssueInput>): Partial<IssueInput> => {
    const { values, problems } = readFields<Partial<IssueInput>>(input, ISSUE_RULES, 'known issue')
    refuseProblems(problems)
    if (values.path !== undefined && values.path !== '') checkPath(values.path)
    return values
  }
  const need = (version: VersionView, id: string): IssueNote =>
    readIssueNote(version.notes[PREFIX + id]) ?? fail('ISSUE_NOT_FOUND', `there is no known issue ${id.slice(0, 60)}`, { issue: id.slice(0, 60) })

  return {
    list: ref => notesOf(deps.resolve(ref).version, PREFIX, readIssueNote).map(([id, note]) => ({ id, ...note }))
      .sort((a, b) => a.state === b.state ? (a.at < b.at ? 1 : -1) : a.state === 'open' ? -1 : 1),
    add: async (ref, input) => {
      const values = read(input)
      if (values.title === undefined) refuseProblems([{ field: 'title', detail: 'the title is missing; say in a line what is wrong' }])
      const { dataset, version } = deps.resolve(ref)
      if (notesOf(version, PREFIX, readIssueNote).length >= MAX_ISSUES) fail('LIMIT_EXCEEDED', `a version keeps at most ${MAX_ISSUES} known issues; remove some`)
      const id = toBase32(deps.chance.bytes(16))
      const note: IssueNote = { title: values.title ?? '', detail: values.detail ?? '', path: values.path ?? '', state: values.state ?? 'open', by: deps.device, at: iso(), changedAt: iso() }
      await deps.note(dataset.id, version.id, { [PREFIX + id]: note as unknown as Json })
      return { id, ...note }
    },
    edit: async (ref, id, input) => {
      const values = read(input)
      const { dataset, version } = deps.resolve(ref)
      const note: IssueNote = { ...need(version, id), ...values, changedAt: iso() }
      await deps.note(dataset.id, version.id, { [PREFIX + id]: note as unknown as Json })
      return { id, ...note }
    },
    remove: async (ref, id) => {
      const { dataset, version } = deps.resolve(ref)
      need(version, id)
      await deps.note(dataset.id, version.id, { [PREFIX + id]: null })
    }
  }
}
