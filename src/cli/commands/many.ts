import type { Command } from 'commander'
import { type BulkBody, VERSION_COLUMNS, type VersionColumn } from '../../http/index.ts'
import { parseDatasetRef, parseVersionRef } from '../../model/index.ts'
import { fail } from '../../errors/index.ts'
import { type Setup, action } from '../context.ts'
import { listValue } from '../values.ts'

interface ChangeOptions { all?: boolean, state?: 'draft' | 'published', archived?: boolean, tag?: string, add?: string[], remove?: string[], force?: boolean }

/** `shoal version change|csv|tag`, `shoal dataset tag`: many versions at once, and tags. */
export function manyCommands(group: Command, setup: Setup): void {
  group.command('change <action> <dataset> [versions...]').description('archive, restore, tag, or delete from the archive: many versions, each with its result')
    .option('--all', 'all that match the filters').option('--state <draft|published>', 'only drafts, or only published ones').option('--archived', 'those in the archive').option('--tag <tag>', 'those with this tag')
    .option('--add <a,b>', 'tags to add', listValue).option('--remove <a,b>', 'tags to take away', listValue)
    .option('--force', 'delete published ones too')
    .addHelpText('after', '\nExample:\n  shoal version change archive vision/pets 1.0.0 1.1.0')
    .action(action(setup, async ({ client, out }, verb: string, name: string, versions: string[], { all, state, archived, tag, ...options }: ChangeOptions) => {
      if (!isAction(verb)) fail('USAGE', `"${verb}" is no action: archive, restore, delete or tag`)
      if ((versions.length === 0) === (all !== true)) fail('USAGE', 'name versions, or say --all')
      const filter = { ...state === undefined ? {} : { state }, ...archived === undefined ? {} : { archived }, ...tag === undefined ? {} : { tag } }
      const result = await client.versions.change(parseDatasetRef(name), { action: verb, ...versions.length > 0 ? { versions } : { filter }, ...options })
      for (const { version, error } of result.results) if (error !== undefined) out.warn(`${version}: ${error.detail}`)
      out.result(result, () => `${result.done} done, ${result.failed} failed`)
      if (result.failed > 0) process.exitCode = 4
    }))

  group.command('csv <dataset>').description('the versions as CSV')
    .option('--columns <a,b>', `which columns, in this order: ${VERSION_COLUMNS.join(', ')}`, listValue).option('--versions <a,b>', 'only these', listValue)
    .option('--state <draft|published>', 'only drafts, or only published ones').option('--archived', 'those in the archive').option('--tag <tag>', 'those with this tag')
    .addHelpText('after', '\nExample:\n  shoal version csv vision/pets --columns number,name,files,bytes,tags > versions.csv')
    .action(action(setup, async ({ client, out }, name: string, options: { columns?: VersionColumn[], versions?: string[], state?: 'draft' | 'published', archived?: boolean, tag?: string }) => {
      const csv = await client.versions.csv(parseDatasetRef(name), options)
      if (out.json) out.answer({ csv }, () => '')
      else await out.bytes(csv)
    }))

  tagCommand(group, setup, 'version')
}

/** C7. */
export function tagCommand(group: Command, setup: Setup, kind: 'dataset' | 'version'): void {
  group.command(`tag <${kind}>`).description(`add tags to a ${kind}, take some away, or list them`)
    .option('--add <a,b>', 'tags to add', listValue).option('--remove <a,b>', 'tags to take away', listValue)
    .addHelpText('after', `\nExample:\n  shoal ${kind} tag vision/pets${kind === 'version' ? '@1.2.0' : ''} --add night,blurred`)
    .action(action(setup, async ({ client, out }, name: string, change: { add?: string[], remove?: string[] }) => {
      const reads = change.add === undefined && change.remove === undefined
      const tags = kind === 'dataset'
        ? reads ? await client.datasets.tags(parseDatasetRef(name)) : await client.datasets.changeTags(parseDatasetRef(name), change)
        : reads ? await client.versions.tags(parseVersionRef(name)) : await client.versions.changeTags(parseVersionRef(name), change)
      out.answer(tags, () => tags.join('\n'))
    }))
}

const isAction = (text: string): text is BulkBody['action'] => ['archive', 'restore', 'delete', 'tag'].includes(text)
