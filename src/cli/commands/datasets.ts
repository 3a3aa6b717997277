import { type Command, Option } from 'commander'
import { fail } from '../../errors/index.ts'
import type { Client, Dataset } from '../../http/index.ts'
import { parseDatasetRef } from '../../model/index.ts'
import { type Setup, action } from '../context.ts'
import { formatBytes, formatCount, formatTable, formatTime } from '../format.ts'
import { rowsOf } from '../rows.ts'
import { flagValue, given, listValue } from '../values.ts'
import { copiesOf } from './holdings.ts'
import { tagCommand } from './many.ts'

interface Fields {
  displayName?: string
  description?: string
  type?: string
  task?: string
  format?: string
  status?: string
  scenario?: string
  license?: string
  tags?: string[]
  public?: boolean
  strictTypes?: boolean
  registry?: string[]
}

/** `shoal dataset …` */
export function datasetCommands(program: Command, setup: Setup): void {
  const group = program.command('dataset').description('create, list, show, edit, tag, archive and delete datasets')
  createCommand(group, setup)
  listCommand(group, setup)
  showCommand(group, setup)
  editCommand(group, setup)
  deleteCommand(group, setup)
  tagCommand(group, setup, 'dataset')
  shelfCommands(group, setup)
}

function createCommand(group: Command, setup: Setup): void {
  fieldOptions(group.command('create <dataset>').description('create a dataset with an empty draft')
    .option('--number <semver>', 'number of the first draft (default 1.0.0)')
    .option('--type <type>', 'tabular, image, text, audio, video, time-series or others (default tabular)')
    .option('--task <task>', 'classification, regression, detection, segmentation, forecasting or others (default classification)')
    .option('--format <format>', 'csv, json, parquet, tfrecord or others (default csv)')
    .option('--exist-ok', 'return the dataset when it exists already'))
    .addHelpText('after', '\nExample:\n  shoal dataset create vision/pets --type image --task detection --tags cats,dogs --license CC-BY-4.0')
    .action(action(setup, async ({ client, out }, name: string, options: Fields & { number?: string, existOk?: boolean }) => {
      const { number, existOk, ...fields } = options
      const dataset = await client.datasets.create({ ...parseDatasetRef(name), ...given({ version: number }), ...await fieldsOf(client, fields) }, { ifExists: existOk === true ? 'return' : 'fail' })
      out.result(dataset, () => `created ${dataset.ref} with the draft ${dataset.current?.number ?? ''}`)
    }))
}

function listCommand(group: Command, setup: Setup): void {
  group.command('list').description('list datasets')
    .option('--search <words>', 'words in name, description or tags')
    .option('--tag <tag>', 'with this tag').option('--type <type>', 'of this type').option('--task <task>', 'for this task').option('--format <format>', 'in this format').option('--status <status>', 'with this status')
    .option('--license <spdx>', 'under this licence').option('--namespace <namespace>', 'in this namespace')
    .option('--archived', 'only archived ones')
    .addHelpText('after', '\nExample:\n  shoal dataset list --search weather --type tabular')
    .action(action(setup, async ({ client, out }, options: { search?: string, tag?: string, type?: string, task?: string, format?: string, status?: string, license?: string, namespace?: string, archived?: boolean }) => {
      const { search, ...filter } = options
      const datasets = await rowsOf(client.datasets.all({ ...given({ q: search }), ...filter }))
      out.answer(datasets, () => datasets.length === 0 ? 'no datasets; make one with `shoal import <folder> <namespace/name>`' : datasetTable(datasets))
    }))
}

function showCommand(group: Command, setup: Setup): void {
  group.command('show <dataset>').description('show everything about a dataset')
    .addHelpText('after', '\nExample:\n  shoal dataset show vision/pets')
    .action(action(setup, async ({ client, out }, name: string) => {
      const dataset = await client.datasets.get(parseDatasetRef(name))
      const copies = await copiesOf(client, name)
      out.answer(dataset, () => datasetDetails(dataset, copies))
    }))
}

function editCommand(group: Command, setup: Setup): void {
  const edit = fieldOptions(group.command('edit <dataset>').description('change a dataset\'s fields'))
  // Taken so that the node can say why they are refused.
  for (const field of ['namespace', 'name', 'version', 'type', 'task', 'format']) edit.addOption(new Option(`--${field} <text>`).hideHelp())
  edit
    .addHelpText('after', '\nExample:\n  shoal dataset edit vision/pets --description "Pets of the neighbourhood" --tags cats,dogs')
    .action(action(setup, async ({ client, out }, name: string, options: Fields) => {
      const dataset = await client.datasets.edit(parseDatasetRef(name), await fieldsOf(client, options))
      out.result(dataset, () => `changed ${dataset.ref}`)
    }))
}

function deleteCommand(group: Command, setup: Setup): void {
  group.command('delete <dataset>').description('delete a dataset')
    .option('--all-versions', 'also when it holds drafts with files').option('--force', 'with --all-versions: also when it holds published versions')
    .option('--delete-sources', 'ask the addresses of its links to delete what they hold; only with --all-versions')
    .addHelpText('after', '\nExample:\n  shoal dataset delete vision/old --all-versions --force')
    .action(action(setup, async ({ client, out, signal }, name: string, options: { allVersions?: boolean, force?: boolean, deleteSources?: boolean }) => {
      const report = await out.progress(onProgress => client.datasets.remove(parseDatasetRef(name), options, { signal, onProgress }))
      for (const { url, detail } of report.sources.failed) out.warn(`${url}: ${detail}`)
      out.result(report, () => `deleted ${name}`)
    }))
}

function shelfCommands(group: Command, setup: Setup): void {
  for (const verb of ['archive', 'restore'] as const) {
    group.command(`${verb} <dataset>`).description(verb === 'archive' ? 'take a dataset off the list' : 'put an archived dataset back on the list')
      .addHelpText('after', `\nExample:\n  shoal dataset ${verb} vision/pets`)
      .action(action(setup, async ({ client, out }, name: string) => {
        const dataset = await client.datasets[verb](parseDatasetRef(name))
        out.result(dataset, () => `${verb}d ${dataset.ref}`)
      }))
  }
}

function fieldOptions(command: Command): Command {
  return command
    .option('--display-name <text>', 'the name people read').option('--description <text>', 'what it holds')
    .option('--status <status>', 'uploading, processing, ready or failed (default uploading)')
    .option('--scenario <text>', 'what it is used for')
    .option('--license <spdx>', 'SPDX identifier, or Proprietary (default MIT)')
    .option('--tags <a,b>', 'tags, separated by commas', listValue)
    .option('--public <true|false>', 'visible to every member of the workspace, or only to its creator and the registry (default true)', flagValue)
    .option('--strict-types <true|false>', 'leave files of other types out, and say which (default false)', flagValue)
    .option('--registry <a,b>', 'members (names or ids) whose nodes must keep a full copy', listValue)
}

async function fieldsOf(client: Client, { public: publicAccess, registry, ...fields }: Fields) {
  return { ...given(fields), ...given({ publicAccess, registry: registry === undefined ? undefined : await idsOf(client, registry) }) }
}

/** Members by id; a name that is nobody's stays, for the node to say so. */
async function idsOf(client: Client, named: readonly string[]): Promise<string[]> {
  const members = (await rowsOf(client.members())).filter(member => !member.removed)
  return named.map(name => {
    const found = members.filter(member => member.name === name)
    if (found.length > 1) fail('MEMBER_NOT_FOUND', `${found.length} members are called ${name}; name the one by its id`, { member: name })
    return found[0]?.id ?? name
  })
}

function datasetTable(datasets: readonly Dataset[]): string {
  const rows = datasets.map(dataset => [
    dataset.ref + (dataset.example ? ' (example)' : ''),
    dataset.type,
    dataset.latest ?? '-',
    String(dataset.published),
    String(dataset.drafts),
    dataset.current?.files == null ? '-' : formatCount(dataset.current.files),
    dataset.current?.bytes == null ? '-' : formatBytes(dataset.current.bytes),
    formatTime(dataset.updatedAt)
  ])
  return formatTable(['DATASET', 'TYPE', 'LATEST', 'PUBLISHED', 'DRAFTS', 'FILES', 'SIZE', 'UPDATED'], rows, ['PUBLISHED', 'DRAFTS', 'FILES', 'SIZE'])
}

function datasetDetails(dataset: Dataset, copies: readonly string[]): string {
  const rows: [string, string][] = [
    ['dataset', dataset.ref], ['id', dataset.id], ['display name', dataset.displayName], ['description', dataset.description],
    ['type', dataset.type], ['task', dataset.task], ['format', dataset.format], ['status', dataset.status], ['scenario', dataset.scenario],
    ['license', dataset.license], ['tags', dataset.tags.join(', ')], ['public access', dataset.publicAccess ? 'yes' : 'no'],
    ['strict types', dataset.strictTypes ? 'yes' : 'no'], ['archived', dataset.archived ? 'yes' : ''], ['latest', dataset.latest ?? (dataset.published === 0 ? 'nothing published yet' : 'in conflict: published more than once; see `shoal version list`')],
    ['versions', `${dataset.published} published, ${dataset.drafts} draft${dataset.drafts === 1 ? '' : 's'}; ${dataset.structure === 'simple' ? 'one line' : 'a tree'}`],
    ['registry', dataset.registry.join(', ')], ['created', `${formatTime(dataset.createdAt)} by ${dataset.createdBy}`],
    ['updated', formatTime(dataset.updatedAt)],
    ...copies.map((line, i): [string, string] => [i === 0 ? 'copies' : '', line]),
    ...(dataset.warnings ?? []).map((warning): [string, string] => ['TAMPERED', warning])
  ]
  return rows.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(14)} ${value}`).join('\n')
}
