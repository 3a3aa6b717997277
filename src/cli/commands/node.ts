import type { Command } from 'commander'
import { type GlobalOptions, type Setup, action, outputOf } from '../context.ts'
import { counted, formatBytes, formatCount } from '../format.ts'
import { given, portValue } from '../values.ts'

const DEFAULT_PORT = 7420

interface StartOptions { port: number, host: string, listen?: string[], announce?: string[], relay?: boolean, moved?: boolean, mdns: boolean, examples: boolean, open?: boolean }

/** `shoal start`, `status`, `verify`, `bench`, `gc`. */
export function nodeCommands(program: Command, setup: Setup): void {
  startCommand(program, setup)
  statusCommand(program, setup)
  verifyCommand(program, setup)
  benchCommand(program, setup)
  gcCommand(program, setup)
}

function startCommand(program: Command, setup: Setup): void {
  program.command('start').description('run a node: web page, HTTP API and exchange with peers')
    .option('--port <port>', 'of the web page and API; 0 takes any', portValue, DEFAULT_PORT)
    .option('--host <address>', 'address the API listens on', '127.0.0.1')
    .option('--listen <multiaddr...>', 'where peers reach this node (default: port 7421, or another free one, on every address)')
    .option('--announce <multiaddr...>', 'where peers reach this node, too: a port that a router forwards here')
    .option('--relay', 'carry connections between members that can not reach each other')
    .option('--moved', 'this home was moved or restored here and no other copy of it runs: write without asking another member first')
    .option('--no-mdns', 'do not look for members on the local network, nor tell it of this node')
    .option('--no-examples', 'without the example datasets').option('--open', 'open the page in the browser')
    .addHelpText('after', '\nExample:\n  shoal start --listen /ip4/0.0.0.0/tcp/9000 --relay')
    .action(async (options: StartOptions, command: Command) => {
      const globals = command.optsWithGlobals<GlobalOptions>()
      const out = outputOf(setup, command)
      const start = { ...options, listen: options.listen ?? [], announce: options.announce ?? [], relay: options.relay === true, moved: options.moved === true, home: globals.home, debug: globals.debug === true }
      await setup.host.start(start, setup.signal, ready => {
        out.answer(ready, () => `Shoal runs on ${ready.url}  (home ${ready.home}; Ctrl-C ends it)`)
        if (options.open === true) void openInBrowser(ready.url).catch((error: unknown) => out.warn(`no browser could be opened: ${String(error)}`))
      })
    })
}

function statusCommand(program: Command, setup: Setup): void {
  program.command('status').description('what this node holds')
    .addHelpText('after', '\nExample:\n  shoal status --json')
    .action(action(setup, async ({ client, out, remote }) => {
      const node = await client.node()
      out.result({ ...node, running: remote }, () => [
        `node       ${node.name} (${node.id})`,
        `role       ${node.role} in workspace ${node.workspace}`,
        `running    ${remote ? `yes, since ${node.startedAt}` : 'no'}`,
        `datasets   ${formatCount(node.datasets)}`,
        `store      ${counted(node.store.chunks, 'chunk')}, ${formatBytes(node.store.bytes)} of data in ${formatBytes(node.store.storedBytes)} on disk`,
        ...node.addresses.map(address => `address    ${address}`)
      ].join('\n'))
    }))
}

function verifyCommand(program: Command, setup: Setup): void {
  program.command('verify [version]').description('read back and check stored data, of one version or of all')
    .option('--repair', 'fetch damaged data from peers')
    .addHelpText('after', '\nExample:\n  shoal verify vision/pets@1.2.0')
    .action(action(setup, async ({ client, out, signal }, ref: string | undefined, options: { repair?: boolean }) => {
      const report = await out.progress(onProgress => client.verify({ ...given({ ref }), ...given({ repair: options.repair }) }, { signal, onProgress }))
      for (const item of report.damaged) out.warn(`${item.version}:${item.path} is ${item.problem}`)
      out.result(report, () => `${counted(report.chunks, 'chunk')} (${formatBytes(report.bytes)}) checked, ${counted(report.damaged.length, 'file')} damaged, ${report.repaired} repaired`)
      if (report.damaged.length > 0) process.exitCode = 1
    }))
}

function benchCommand(program: Command, setup: Setup): void {
  program.command('bench [options...]').description('the benchmark of BENCHMARKS.md, on this machine; its options follow --')
    .addHelpText('after', '\nExample:\n  shoal bench -- --works pictures --tools shoal,restic --rounds 1')
    .action(async (options: string[]) => { process.exitCode = await setup.host.bench(options, setup.signal) })
}

function gcCommand(program: Command, setup: Setup): void {
  program.command('gc').description('remove data that nothing needs any more, and give the space back')
    .option('--dry-run', 'only say what would go')
    .addHelpText('after', '\nExample:\n  shoal gc --dry-run')
    .action(action(setup, async ({ client, out, signal }, options: { dryRun?: boolean }) => {
      const report = await out.progress(onProgress => client.gc(given(options), { signal, onProgress }))
      out.result(report, () => `${report.dryRun ? 'would remove' : 'removed'} ${counted(report.chunks, 'chunk')} (${formatBytes(report.bytes)}), kept ${formatCount(report.kept)}`)
    }))
}

async function openInBrowser(url: string): Promise<void> {
  const { spawn } = await import('node:child_process')
  const [command, ...args] = process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open']
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command ?? 'xdg-open', [...args, url], { detached: true, stdio: 'ignore' })
    child.once('error', reject)
    child.once('spawn', resolve)
    child.unref()
  })
}
