import type { DatasetView, Json, VersionView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'
import {
  type PinnedVersion, type RunEnd, type RunInput, type RunKind, type RunNote, RUN_RULES, type VersionRef, formatDatasetRef, formatHash, readFields, readRunNote, refuseProblems, toBase32
} from '../model/index.ts'
import { type NotesDeps, notesOf } from './notes.ts'
import type { Resolved } from './service.ts'

/** A run nobody has heard of for so long counts as broken off: its script died. Milliseconds. */
const LAPSE_MS = 24 * 60 * 60_000
/** Heartbeats go into the catalog, which every node keeps, at most so often; those in between stay on this node. Milliseconds. */
const BEAT_KEPT_MS = 60 * 60_000
/** Ended runs a version keeps; of more, the oldest go. */
const MAX_ENDED_RUNS = 500
/** Versions one run may use. */
const MAX_INPUTS = 100

const PREFIX = 'run:'

/** K8, A5, L7: a script's use of versions. */
export interface Run extends Omit<RunNote, 'end'> {
  readonly id: string
  /** `lapsed`: not heard of for a day. */
  readonly state: 'running' | 'lapsed' | RunEnd
}

export interface StartRun {
  readonly kind?: RunKind
  readonly name: string
  readonly tool?: string
  readonly settings?: { readonly [key: string]: Json }
  readonly versions: readonly VersionRef[]
  /** Of a processing: the draft its results go into. */
  readonly output?: VersionRef
}

export interface RunFilter {
  readonly kind?: RunKind
  readonly state?: Run['state']
  /** Only those that use or make this version. */
  readonly version?: VersionRef
}

export interface Runs {
  /** Newest first. */
  list(filter?: RunFilter): readonly Run[]
  /** Those that use or make any of these versions; newest first. */
  of(versions: Iterable<VersionView>): readonly Run[]
  /** @throws RUN_NOT_FOUND */
  get(id: string): Run
  /** Records the use of versions, pinned by content; they can't be deleted while it runs. @throws FIELD_INVALID, VERSION_NOT_FOUND, VERSION_PUBLISHED (output) */
  start(input: StartRun): Promise<Run>
  /** Says that it still runs. @throws RUN_NOT_FOUND, RUN_ENDED */
  beat(id: string): Promise<Run>
  /** @throws RUN_NOT_FOUND, RUN_ENDED, FIELD_INVALID */
  finish(id: string, end?: { readonly end?: RunEnd, readonly message?: string }): Promise<Run>
}

/** Runs that keep a dataset's versions from being deleted. */
export const runningIn = (dataset: DatasetView, now: number): readonly { readonly name: string, readonly version: VersionView['id'] }[] =>
  dataset.versions.flatMap(version => notesOf(version, PREFIX, readRunNote).filter(([, note]) => stateOf(note, now, undefined) === 'running').map(([, { name }]) => ({ name, version: version.id })))

const stateOf = (note: RunNote, now: number, heardAt: number | undefined): Run['state'] =>
  note.end ?? (now - Math.max(Date.parse(note.beatAt), heardAt ?? 0) > LAPSE_MS ? 'lapsed' : 'running')

/** A note of a run with the version it stands at. */
interface Place { readonly dataset: DatasetView, readonly version: VersionView, readonly note: RunNote }

/** The runs of all datasets, kept in notes of the versions they use. */
export class RunBook implements Runs {
  readonly #deps: NotesDeps
  /** When runs of this node were last heard of. Milliseconds since 1970. */
  readonly #heard = new Map<string, number>()

  constructor(deps: NotesDeps) {
    this.#deps = deps
  }

  list({ kind, state, version }: RunFilter = {}): readonly Run[] {
    const runs = this.of(version === undefined ? everyVersion(this.#deps.datasets()) : [this.#deps.resolve(version).version])
    return runs.filter(run => (kind ?? run.kind) === run.kind && (state ?? run.state) === run.state)
  }

  of(versions: Iterable<VersionView>): readonly Run[] {
    const runs = new Map<string, Run>()
    for (const version of versions) for (const [id, note] of notesOf(version, PREFIX, readRunNote)) runs.set(id, this.#show(id, note))
    return [...runs.values()].sort((a, b) => a.startedAt === b.startedAt ? (a.id < b.id ? -1 : 1) : a.startedAt < b.startedAt ? 1 : -1)
  }

  get(id: string): Run {
    return this.#show(id, this.#need(id)[0].note)
  }

  async start(input: StartRun): Promise<Run> {
    const deps = this.#deps
    const given = read(input)
    const inputs = input.versions.map(ref => deps.resolve(ref))
    const output = input.output === undefined ? undefined : draftFor(deps.resolve(input.output))
    const id = toBase32(deps.chance.bytes(16))
    const now = this.#now()
    const note: RunNote = {
      kind: given.kind ?? 'experiment', name: given.name ?? '', tool: given.tool ?? '', settings: given.settings ?? {},
      inputs: await Promise.all(inputs.map(resolved => pinned(deps, resolved))), output: output === undefined ? null : await pinned(deps, output),
      by: deps.device, startedAt: now, beatAt: now, end: null, endedAt: null, message: ''
    }
    const places = [...new Map([...inputs, ...output === undefined ? [] : [output]].map(place => [place.version.id, place])).values()]
    await this.#write(id, places, note)
    if (output !== undefined) await deps.setStatus(output.dataset.id, 'processing')
    return this.#show(id, note)
  }

  async beat(id: string): Promise<Run> {
    const { clock } = this.#deps
    const places = this.#needRunning(id)
    const { note } = places[0]
    this.#heard.set(id, clock.now())
    const beaten = { ...note, beatAt: this.#now() }
    if (clock.now() - Date.parse(note.beatAt) >= BEAT_KEPT_MS) await this.#write(id, places, beaten)
    return this.#show(id, beaten)
  }

  async finish(id: string, options: { readonly end?: RunEnd, readonly message?: string } = {}): Promise<Run> {
    const { values, problems } = readFields<Partial<RunInput>>(options, RUN_RULES, 'run')
    refuseProblems(problems)
    const places = this.#needRunning(id)
    const { note } = places[0]
    const end = values.end ?? 'done'
    const now = this.#now()
    const ended: RunNote = { ...note, end, message: values.message ?? '', beatAt: now, endedAt: now }
    await this.#write(id, places, ended)
    this.#heard.delete(id)
    const output = places.find(({ version }) => version.id === note.output?.version)
    if (output !== undefined) await this.#deps.setStatus(output.dataset.id, end === 'done' ? 'ready' : 'failed')
    return this.#show(id, ended)
  }

  #now(): string { return new Date(this.#deps.clock.now()).toISOString() }

  #show(id: string, note: RunNote): Run {
    const { end: _, ...shown } = note
    return { ...shown, id, state: stateOf(note, this.#deps.clock.now(), this.#heard.get(id)) }
  }

  #need(id: string): readonly [Place, ...Place[]] {
    const [first, ...others] = this.#deps.datasets().flatMap(dataset => dataset.versions.flatMap(version => {
      const note = readRunNote(version.notes[PREFIX + id])
      return note === undefined ? [] : [{ dataset, version, note }]
    }))
    return first === undefined ? fail('RUN_NOT_FOUND', `there is no run ${id.slice(0, 60)}`, { run: id.slice(0, 60) }) : [first, ...others]
  }

  #needRunning(id: string): readonly [Place, ...Place[]] {
    const places = this.#need(id)
    const { note } = places[0]
    if (note.end !== null) fail('RUN_ENDED', `"${note.name}" ended already, ${note.end} at ${note.endedAt ?? ''}`, { run: id, state: note.end })
    return places
  }

  async #write(id: string, places: readonly Pick<Place, 'dataset' | 'version'>[], note: RunNote): Promise<void> {
    for (const { dataset, version } of places) await this.#deps.note(dataset.id, version.id, { [PREFIX + id]: note as unknown as Json, ...outdated(version) })
  }
}

function* everyVersion(datasets: readonly DatasetView[]): Generator<VersionView> {
  for (const { versions } of datasets) yield* versions
}

function read({ versions, output, ...fields }: StartRun): Partial<RunInput> {
  const { values, problems } = readFields<Partial<RunInput>>(fields, RUN_RULES, 'run')
  const others = [
    ...values.name === undefined && fields.name === undefined ? [{ field: 'name', detail: 'the name is missing; give one such as "resnet run 7"' }] : [],
    ...versions.length === 0 || versions.length > MAX_INPUTS ? [{ field: 'versions', detail: `the versions must be 1 to ${MAX_INPUTS} that the run uses` }] : [],
    ...output !== undefined && values.kind !== 'processing' ? [{ field: 'output', detail: 'the output is only of a run of the kind processing' }] : []
  ]
  refuseProblems([...problems, ...others])
  return values
}

/** @throws VERSION_PUBLISHED */
function draftFor(resolved: Resolved): Resolved {
  const { dataset, version } = resolved
  if (version.state === 'draft') return resolved
  return fail('VERSION_PUBLISHED', `${formatDatasetRef(dataset)}@${version.number} is published: results go into a draft`, { version: version.id })
}

const pinned = async (deps: NotesDeps, { dataset, version }: Resolved): Promise<PinnedVersion> =>
  ({ dataset: formatDatasetRef(dataset), version: version.id, number: version.number, tree: formatHash(await deps.tree(version)) })

/** Notes of the oldest ended runs that are too many. */
function outdated(version: VersionView): { readonly [name: string]: null } {
  const ended = notesOf(version, PREFIX, readRunNote).filter(([, note]) => note.end !== null).sort(([, a], [, b]) => a.startedAt < b.startedAt ? -1 : 1)
  return Object.fromEntries(ended.slice(0, Math.max(0, ended.length - MAX_ENDED_RUNS)).map(([id]) => [PREFIX + id, null]))
}
