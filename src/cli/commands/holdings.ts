import type { Command } from 'commander'
import type { Client, ReplicationItem, SyncState } from '../../http/index.ts'
import { type Setup, action } from '../context.ts'
import { counted, formatBytes, formatDuration, formatTable } from '../format.ts'
import { rowsOf } from '../rows.ts'
import { given, rateValue } from '../values.ts'

/** What is being fetched, and from whom. */
export function transfersShown({ versions, sources, peers }: SyncState): string {
  const rows = versions.map(({ version, phase, bytes, totalBytes, bytesPerSecond, secondsLeft }) => [
    version, phase, totalBytes === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`, `${formatBytes(bytesPerSecond)}/s`,
    secondsLeft === undefined ? '-' : formatDuration(secondsLeft)
  ])
  const from = sources.map(({ peer, chunks, bytes, bytesPerSecond }) =>
    [peers.find(one => one.id === peer)?.name ?? peer, counted(chunks, 'chunk'), formatBytes(bytes), `${formatBytes(bytesPerSecond)}/s`])
  const wanted = rows.length === 0 ? 'everything wanted is here' : formatTable(['VERSION', '', 'HERE', 'RATE', 'LEFT'], rows)
  return from.length === 0 ? wanted : `${wanted}\n\n${formatTable(['PEER', 'GAVE', '', 'RATE'], from)}`
}

/** On how many machines each published version is safe, and which that must keep it don't have it yet: cells of a table. */
async function copies(client: Client, dataset: string | undefined): Promise<{ items: readonly ReplicationItem[], rows: string[][] }> {
  const [items, members] = [await rowsOf(client.replication(dataset)), await rowsOf(client.members())]
  const nameOf = (id: string): string => members.find(member => member.id === id)?.name ?? id
  const rows = items.map(({ version, holders, members: all, shortfall }) =>
    [version, `safe on ${holders.length} of ${all}`, holders.map(nameOf).join(', '), shortfall.length === 0 ? '' : `missing on ${shortfall.map(nameOf).join(', ')}`])
  return { items, rows }
}

/** The same of one dataset, a line a version. */
export async function copiesOf(client: Client, dataset: string): Promise<readonly string[]> {
  const { rows } = await copies(client, dataset)
  return rows.map(([version = '', safe = '', on = '', missing = '']) => `${version} ${safe} (${on})${missing === '' ? '' : `; ${missing}`}`)
}

/** `shoal replication`. */
export function replicationCommands(program: Command, setup: Setup): void {
  program.command('replication [dataset]').description('on how many machines published versions are safe')
    .addHelpText('after', '\nExample:\n  shoal replication vision/pets')
    .action(action(setup, async ({ client, out }, dataset: string | undefined) => {
      const { items, rows } = await copies(client, dataset)
      out.answer(items, () => items.length === 0 ? 'nothing is published' : formatTable(['VERSION', 'COPIES', 'ON', 'REGISTRY'], rows))
    }))
}

/** `shoal limits`. */
export function limitCommands(program: Command, setup: Setup): void {
  program.command('limits').description('how fast data may go to and come from peers, all together; without options: show it')
    .option('--up <rate>', 'bytes a second that go out, e.g. 5MB, or none', rateValue)
    .option('--down <rate>', 'bytes a second that come in, e.g. 20MB, or none', rateValue)
    .addHelpText('after', '\nExample:\n  shoal limits --up 5MB --down none')
    .action(action(setup, async ({ client, out }, options: { up?: number | 'none', down?: number | 'none' }) => {
      const bound = (rate: number | 'none' | undefined): number | null | undefined => rate === 'none' ? null : rate
      const change = { ...given({ upload: bound(options.up) }), ...given({ download: bound(options.down) }) }
      const limits = Object.keys(change).length === 0 ? await client.limits() : await client.setLimits(change)
      const shown = (rate: number | undefined): string => rate === undefined ? 'no limit' : `${formatBytes(rate)}/s`
      out.answer(limits, () => `up ${shown(limits.upload)}, down ${shown(limits.download)}`)
    }))
}
