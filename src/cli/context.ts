import type { Command } from 'commander'
import type { Client } from '../http/index.ts'
import type { Clock } from '../runtime/index.ts'
import { Output, type Streams } from './output.ts'
import type { Host, Session } from './session.ts'

/** What every command is given. */
export interface CommandContext {
  readonly client: Client
  readonly out: Output
  readonly signal: AbortSignal
  /** Whether a running node answers. */
  readonly remote: boolean
}

/** What commands are registered with. */
export interface Setup {
  readonly host: Host
  readonly streams: Streams
  readonly clock: Clock
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal
}

export interface GlobalOptions { home?: string, json?: boolean, quiet?: boolean, debug?: boolean }

export function outputOf(setup: Setup, command: Command): Output {
  const options = command.optsWithGlobals<GlobalOptions>()
  return new Output(setup.streams, setup.clock, { json: options.json === true, quiet: options.quiet === true, debug: options.debug === true })
}

/** Wraps a command's work: opens a way to the node, runs it, closes again. */
export function action<Args extends unknown[]>(
  setup: Setup,
  work: (context: CommandContext, ...args: Args) => Promise<void>,
  options: { network?: boolean } = {}
): (...args: [...Args, unknown, Command]) => Promise<void> {
  return async (...args) => {
    const command = args.at(-1) as Command
    const out = outputOf(setup, command)
    const session = await open(setup, command, out, options.network === true)
    try {
      await work({ client: session.client, out, signal: setup.signal, remote: session.remote }, ...(args.slice(0, -1) as unknown as Args))
    } finally {
      await session.close()
    }
  }
}

function open(setup: Setup, command: Command, out: Output, network: boolean): Promise<Session> {
  return setup.host.open({
    home: command.optsWithGlobals<GlobalOptions>().home,
    doing: `shoal ${pathOf(command)}`,
    network,
    onWait: doing => out.notice(`waiting for the home, in use by: ${doing}`)
  })
}

/** `version list` for the command `shoal version list`. */
function pathOf(command: Command): string {
  const parent = command.parent
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`
}
