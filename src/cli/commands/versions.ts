import type { Command } from 'commander'
import type { Version, VersionDetails } from '../../http/index.ts'
import { parseDatasetRef, parseVersionRef } from '../../model/index.ts'
import { type Setup, action } from '../context.ts'
import { counted, formatBytes, formatCount, formatTable, formatTime } from '../format.ts'
import { rowsOf } from '../rows.ts'
import { given, jsonObjectValue, listValue } from '../values.ts'
import { describeCommands } from './describe.ts'
import { manyCommands } from './many.ts'

/** `shoal version …`, `publish`, `snapshot`. */
export function versionCommands(program: Command, setup: Setup): void {
  const group = program.command('version').description('create, list, show, edit, tag, describe, archive and delete versions')
  readCommands(group, setup)
  createCommand(group, setup)
  changeCommands(group, setup)
  manyCommands(group, setup)
  describeCommands(group, setup)
  sealCommands(program, setup)
}

function readCommands(group: Command, setup: Setup): void {
  group.command('list <dataset>').description('list a dataset\'s versions')
    .option('--state <draft|published>', 'only drafts, or only published ones').option('--tag <tag>', 'with this tag').option('--archived', 'only archived ones')
    .addHelpText('after', '\nExample:\n  shoal version list vision/pets --state published')
    .action(action(setup, async ({ client, out }, name: string, options: { state?: 'draft' | 'published', archived?: boolean, tag?: string }) => {
      const versions = await rowsOf(client.versions.all(parseDatasetRef(name), options))
      out.answer(versions, () => versions.length === 0 ? 'no versions' : versionTable(versions))
    }))

  group.command('show <version>').description('show everything about a version')
    .addHelpText('after', '\nExample:\n  shoal version show vision/pets@1.2.0')
    .action(action(setup, async ({ client, out }, name: string) => {
      const version = await client.versions.get(parseVersionRef(name))
      for (const warning of version.warnings ?? []) out.warn(warning)
      out.answer(version, () => versionText(version))
    }))
}

interface CreateOptions { take?: 'ours' | 'theirs' | 'both', from?: string[], empty?: boolean, number?: string, name?: string, description?: string, comment?: string, metadata?: VersionDetails['metadata'], existOk?: boolean }
interface EditOptions { number?: string, name?: string, description?: string, comment?: string, metadata?: VersionDetails['metadata'], tags?: string[] }

function createCommand(group: Command, setup: Setup): void {
  group.command('create <dataset>').description('create a draft: from published versions (--from), or empty (--empty)')
    .option('--from <ref...>', 'published versions it starts with: numbers, names or ids (default: the highest published)')
    .option('--empty', 'start with nothing')
    .option('--take <ours|theirs|both>', 'of what several parents have differently: the first one\'s, the others\', or both')
    .option('--number <semver>', 'its number (default: the next minor of the highest)').option('--name <text>', 'its name')
    .option('--description <text>', 'what is in it, and what changed').option('--comment <text>', 'a note beside it')
    .option('--metadata <json>', 'any JSON object', jsonObjectValue)
    .option('--exist-ok', 'return the version when it exists already')
    .addHelpText('after', '\nExample:\n  shoal version create vision/pets --from 1.2.0 --number 1.3.0 --description "more cats"')
    .action(action(setup, async ({ client, out }, name: string, { from, empty, existOk, ...fields }: CreateOptions) => {
      const numbers = from?.map(ref => ref.includes('/') ? parseVersionRef(ref).version ?? 'latest' : ref)
      const version = await client.versions.create(
        parseDatasetRef(name),
        { mode: empty === true ? 'new' : 'inherit', ...given({ from: numbers }), ...given(fields) },
        { ifExists: existOk === true ? 'return' : 'fail' }
      )
      for (const { path, keptAt } of version.conflicts ?? []) out.warn(`${path}: its parents have it differently${keptAt === undefined ? '' : `; the other content is at ${keptAt}`}`)
      out.result(version, () => `created the draft ${version.ref} (${version.id})`)
    }))
}

function changeCommands(group: Command, setup: Setup): void {
  group.command('edit <version>').description('change a version\'s fields')
    .option('--number <semver>', 'its number').option('--name <text>', 'its name').option('--description <text>', 'what is in it, and what changed').option('--comment <text>', 'a note beside it')
    .option('--metadata <json>', 'any JSON object', jsonObjectValue).option('--tags <a,b>', 'tags, separated by commas', listValue)
    .addHelpText('after', '\nExample:\n  shoal version edit vision/pets@Current --description "night pictures added"')
    .action(action(setup, async ({ client, out }, name: string, options: EditOptions) => {
      const version = await client.versions.edit(parseVersionRef(name), given(options))
      out.result(version, () => `changed ${version.ref}`)
    }))

  group.command('delete <version>').description('delete a version')
    .option('--force', 'also when it is published').option('--archived', 'only from the archive')
    .addHelpText('after', '\nExample:\n  shoal version delete vision/pets@Current')
    .action(action(setup, async ({ client, out }, name: string, options: { force?: boolean, archived?: boolean }) => {
      await client.versions.remove(parseVersionRef(name), options)
      out.result({ deleted: name }, () => `deleted ${name}`)
    }))

  for (const verb of ['archive', 'restore'] as const) {
    group.command(`${verb} <version>`).description(verb === 'archive' ? 'take a version off the list' : 'put an archived version back on the list')
      .addHelpText('after', `\nExample:\n  shoal version ${verb} vision/pets@1.0.0`)
      .action(action(setup, async ({ client, out }, name: string) => {
        const version = await client.versions[verb](parseVersionRef(name))
        out.result(version, () => `${verb}d ${version.ref}`)
      }))
  }
}

interface SnapshotOptions { publishName?: string, childName?: string, childMetadata?: VersionDetails['metadata'], childComment?: string }

function sealCommands(program: Command, setup: Setup): void {
  program.command('publish <version>').description('seal a draft: it never changes again')
    .option('--as <semver>', 'publish under this number').option('--message <text>', 'what is new')
    .addHelpText('after', '\nExample:\n  shoal publish vision/pets --as 1.3.0 --message "night pictures"')
    .action(action(setup, async ({ client, out, signal }, name: string, options: { as?: string, message?: string }) => {
      const version = await out.progress(onProgress => client.versions.publish(parseVersionRef(name), options, { signal, onProgress }))
      out.result(version, () => `published ${version.ref} (${counted(version.files ?? 0, 'file')}, ${formatBytes(version.bytes ?? 0)})`)
    }))

  program.command('snapshot <dataset>').description('publish the draft under a timestamp and go on with a new draft')
    .option('--publish-name <text>', 'name of the published version (default: snapshot <time>)')
    .option('--child-name <text>', 'name of the new draft (default: Current)')
    .option('--child-metadata <json>', 'any JSON object, of the new draft', jsonObjectValue).option('--child-comment <text>', 'a note beside the new draft')
    .addHelpText('after', '\nExample:\n  shoal snapshot vision/pets --publish-name "before the move"')
    .action(action(setup, async ({ client, out, signal }, name: string, options: SnapshotOptions) => {
      const result = await out.progress(onProgress => client.datasets.snapshot(parseDatasetRef(name), options, { signal, onProgress }))
      out.result(result, () => `published ${result.published.ref} as "${result.published.name}"; the draft is now ${result.child.ref}`)
    }))
}

/** Characters of an id that stands for a version that is gone. */
const SHORT_ID = 8

function versionTable(versions: readonly Version[]): string {
  const rows = versions.map(version => [
    version.number, version.name, stateText(version), version.parents.map(parent => parent.number ?? parent.id.slice(0, SHORT_ID)).join(' '), version.files === null ? '-' : formatCount(version.files),
    version.bytes === null ? '-' : formatBytes(version.bytes), formatTime(version.updatedAt), version.id
  ])
  return formatTable(['NUMBER', 'NAME', 'STATE', 'FROM', 'FILES', 'SIZE', 'UPDATED', 'ID'], rows, ['FILES', 'SIZE'])
}

/** Of a number that was published apart, that it is in conflict. */
const stateText = ({ state, published }: Version): string => (published?.clashes.length ?? 0) > 0 ? `${state}, number in conflict` : state

function versionText(version: VersionDetails): string {
  const changes = version.changes
  const rows: [string, string][] = [
    ['version', version.ref], ['id', version.id], ['name', version.name], ['state', stateText(version)],
    ['sealed as', version.published?.sealedNumber ?? ''], ['tree', version.published === null ? '' : `blake3:${version.published.tree}`],
    ['parents', version.parents.map(parent => parent.number ?? parent.id).join(', ')],
    ['files', version.files === null ? 'not on this node yet' : formatCount(version.files)],
    ['links', version.links === null || version.links === 0 ? '' : formatCount(version.links)],
    ['size', version.bytes === null ? '' : formatBytes(version.bytes)],
    ['changes', changes === null ? '' : `${changes.added} added, ${changes.modified} modified, ${changes.removed} removed`],
    ['description', version.description], ['comment', version.comment], ['tags', version.tags.join(', ')],
    ['metadata', Object.keys(version.metadata).length === 0 ? '' : JSON.stringify(version.metadata)],
    ['archived', version.archived ? 'yes' : ''],
    ['published', version.published === null ? '' : `${formatTime(version.published.at)} by ${version.published.by}`],
    ['message', version.published?.message ?? ''],
    ['created', `${formatTime(version.createdAt)} by ${version.createdBy}`]
  ]
  return rows.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(14)} ${value}`).join('\n')
}
