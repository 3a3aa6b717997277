import type { Command } from 'commander'
import type { ConflictItem } from '../../http/index.ts'
import { fail } from '../../errors/index.ts'
import { parseVersionRef } from '../../model/index.ts'
import { type Setup, action } from '../context.ts'
import { counted, formatBytes, formatTime } from '../format.ts'
import { takeValue } from '../values.ts'

type Side = ConflictItem['ours']

/** `shoal conflicts`. */
export function conflictCommands(program: Command, setup: Setup): void {
  const group = program.command('conflicts').description('files of a draft that were changed on several machines apart: list them, decide which content stays')
    .argument('<version>').argument('[resolve]', 'the word resolve, to decide').argument('[path]', 'of the conflict, or where the other content is kept')
    .option('--take <ours|theirs|both>', 'which content keeps the path; both leaves the two where they are', takeValue)
    .addHelpText('after', '\nExample:\n  shoal conflicts vision/pets\n  shoal conflicts vision/pets resolve labels.csv --take ours')
  group.action(action(setup, async ({ client, out }, name: string, verb: string | undefined, path: string | undefined, options: { take?: 'ours' | 'theirs' | 'both' }) => {
    const ref = parseVersionRef(name)
    if (verb === undefined) {
      const { items } = await client.versions.conflicts(ref)
      out.answer(items, () => items.length === 0 ? 'no conflicts' : items.map(conflictText).join('\n'))
      return
    }
    if (verb !== 'resolve' || path === undefined || options.take === undefined) {
      fail('USAGE', 'a conflict is decided with: shoal conflicts <version> resolve <path> --take ours|theirs|both')
    }
    const { items } = await client.versions.settle(ref, { path, take: options.take })
    out.result(items, () => `settled ${path}; ${items.length === 0 ? 'no conflicts left' : `${counted(items.length, 'conflict')} left`}`)
  }))
}

const conflictText = ({ path, keptAt, ours, theirs }: ConflictItem): string =>
  [path, `  ours    ${sideText(ours)}`, `  theirs  ${sideText(theirs)}`, ...keptAt === null ? [] : [`  beside  ${keptAt}`]].join('\n')

function sideText({ entry, by, at }: Side): string {
  return `${entryText(entry)}${by === null || at === null ? '' : `  (${by.slice(-8)}, ${formatTime(at)})`}`
}

function entryText(entry: Side['entry']): string {
  if (entry === null) return 'removed'
  if (entry.type === 'file') return `${formatBytes(entry.size)}, ${entry.hash.slice(0, 19)}`
  return entry.type === 'link' ? entry.url : 'a folder'
}
