import { Command, CommanderError } from 'commander'
import { systemClock } from '../runtime/index.ts'
import { bundleCommands } from './commands/bundles.ts'
import { conflictCommands } from './commands/conflicts.ts'
import { datasetCommands } from './commands/datasets.ts'
import { fileCommands } from './commands/files.ts'
import { nodeCommands } from './commands/node.ts'
import { runCommands } from './commands/runs.ts'
import { sourceCommands } from './commands/sources.ts'
import { teamCommands } from './commands/team.ts'
import { transferCommands } from './commands/transfer.ts'
import { versionCommands } from './commands/versions.ts'
import type { GlobalOptions, Setup } from './context.ts'
import { Output, type Streams } from './output.ts'
import type { Host } from './session.ts'

const USAGE = 2

/** Runs one command line to its end. @returns the exit status (0 done · 1 failed · 2 wrong usage · 3 not found · 4 refused · 5 conflict) */
export async function run(args: readonly string[], host: Host, streams: Streams, signal: AbortSignal): Promise<number> {
  const setup: Setup = { host, streams, clock: systemClock, signal }
  const program = createProgram(setup)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
    if (isClosedPipe(error)) return 0
    const { json, quiet, debug } = program.opts<GlobalOptions>()
    return new Output(streams, systemClock, { json: json === true, quiet: quiet === true, debug: debug === true }).error(error).exit
  }
}

function createProgram(setup: Setup): Command {
  const program = new Command('shoal')
    .description('Versioned datasets on your team\'s own machines')
    .version(setup.host.version, '-V, --version')
    .option('--home <folder>', 'where this node keeps everything (or SHOAL_HOME)')
    .option('--json', 'one JSON value on stdout, or one a line').option('--quiet', 'no notices, no progress').option('--debug', 'with stack traces')
    .showSuggestionAfterError()
  for (const register of [nodeCommands, transferCommands, datasetCommands, versionCommands, fileCommands, sourceCommands, runCommands, conflictCommands, bundleCommands, teamCommands]) register(program, setup)
  for (const command of everyCommand(program)) {
    command.exitOverride().configureHelp({ showGlobalOptions: true }).configureOutput({ writeOut: text => setup.streams.stdout.write(text), writeErr: text => setup.streams.stderr.write(text) })
  }
  return program
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

/** Who reads us has seen enough (`shoal ls … | head`). */
const isClosedPipe = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EPIPE'
