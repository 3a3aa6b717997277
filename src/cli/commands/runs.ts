import type { Command } from 'commander'
import type { RunItem } from '../../http/index.ts'
import { parseVersionRef } from '../../model/index.ts'
import type { Json } from '../../catalog/index.ts'
import { type Setup, action } from '../context.ts'
import { formatTable, formatTime } from '../format.ts'
import { rowsOf } from '../rows.ts'
import { given, jsonObjectValue } from '../values.ts'

interface StartOptions { experiment: string, tool?: string, settings?: { readonly [key: string]: Json }, output?: string }

/** `shoal use`, `shoal issue`. */
export function runCommands(program: Command, setup: Setup): void {
  const group = program.command('use').description('say which versions an experiment or a processing script uses')
  startCommands(group, setup)
  endCommands(group, setup)
  issueCommands(program, setup)
}

function startCommands(group: Command, setup: Setup): void {
  group.command('start <version...>').description('record the use; the versions can not be deleted while it runs')
    .requiredOption('--experiment <name>', 'what the run is called')
    .option('--tool <text>', 'what runs').option('--settings <json>', 'a JSON object', jsonObjectValue)
    .option('--output <version>', 'a processing: the draft its results go into')
    .addHelpText('after', '\nExample:\n  shoal use start vision/pets@1.2.0 --experiment "resnet run 7" --settings \'{"epochs":30}\'')
    .action(action(setup, async ({ client, out }, versions: string[], { experiment, output, ...options }: StartOptions) => {
      for (const version of versions) parseVersionRef(version)
      const run = await client.experiments.start({ name: experiment, versions, ...given(options), ...output === undefined ? {} : { output, kind: 'processing' as const } })
      out.answer(run, () => run.id)
    }))

  group.command('list [version]').description('experiments and processing runs, of one version or of all')
    .option('--state <state>', 'running, lapsed, done or failed')
    .addHelpText('after', '\nExample:\n  shoal use list vision/pets@1.2.0')
    .action(action(setup, async ({ client, out }, version: string | undefined, options: { state?: RunItem['state'] }) => {
      const runs = await rowsOf(client.experiments.all({ ...options, ...given({ version }) }))
      out.answer(runs, () => runs.length === 0 ? 'no runs' : formatTable(['STATE', 'KIND', 'NAME', 'VERSIONS', 'STARTED', 'ID'], runs.map(run =>
        [run.state, run.kind, run.name, run.inputs.map(input => `${input.dataset}@${input.number}`).join(' '), formatTime(run.startedAt), run.id])))
    }))
}

function endCommands(group: Command, setup: Setup): void {
  group.command('beat <run>').description('say that a run still goes on; one that is not heard of for a day counts as broken off')
    .addHelpText('after', '\nExample:\n  shoal use beat <id>')
    .action(action(setup, async ({ client, out }, id: string) => {
      const run = await client.experiments.beat(id)
      out.result(run, () => `"${run.name}" runs`)
    }))

  group.command('finish <run>').description('say that a run ended')
    .option('--failed', 'it failed').option('--message <text>', 'how it went')
    .addHelpText('after', '\nExample:\n  shoal use finish <id> --message "accuracy 0.93"')
    .action(action(setup, async ({ client, out }, id: string, options: { failed?: boolean, message?: string }) => {
      const run = await client.experiments.finish(id, { end: options.failed === true ? 'failed' : 'done', ...given({ message: options.message }) })
      out.result(run, () => `"${run.name}" is ${run.state}`)
    }))
}

function issueCommands(program: Command, setup: Setup): void {
  const group = program.command('issue').description('known issues of a version')
  group.command('list <version>').description('known issues, open ones first')
    .addHelpText('after', '\nExample:\n  shoal issue list vision/pets@1.2.0')
    .action(action(setup, async ({ client, out }, name: string) => {
      const issues = await client.versions.issues(parseVersionRef(name))
      out.answer(issues, () => issues.length === 0 ? 'no known issues' : formatTable(['STATE', 'TITLE', 'PATH', 'ID'], issues.map(issue => [issue.state, issue.title, issue.path, issue.id])))
    }))
  group.command('add <version> <title>').description('note a known issue; also of a published version')
    .option('--detail <text>', 'what people should know').option('--path <path>', 'a file or folder it concerns')
    .addHelpText('after', '\nExample:\n  shoal issue add vision/pets@1.2.0 "labels of dogs are shifted" --path labels/dogs')
    .action(action(setup, async ({ client, out }, name: string, title: string, options: { detail?: string, path?: string }) => {
      const issue = await client.versions.addIssue(parseVersionRef(name), { title, ...given(options) })
      out.answer(issue, () => issue.id)
    }))
  for (const verb of ['close', 'remove'] as const) {
    group.command(`${verb} <version> <issue>`).description(`${verb} a known issue`)
      .addHelpText('after', `\nExample:\n  shoal issue ${verb} vision/pets@1.2.0 <id>`)
      .action(action(setup, async ({ client, out }, name: string, id: string) => {
        if (verb === 'close') await client.versions.editIssue(parseVersionRef(name), id, { state: 'closed' })
        else await client.versions.removeIssue(parseVersionRef(name), id)
        out.result({ [verb]: id }, () => `${verb}d ${id}`)
      }))
  }
}
