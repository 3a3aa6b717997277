import { InvalidArgumentError, type Command } from 'commander'
import type { ClassesItem, SplitsBody, SplitsItem } from '../../http/index.ts'
import { parseVersionRef } from '../../model/index.ts'
import { type Setup, action } from '../context.ts'
import { counted, formatBytes, formatCount, formatTable } from '../format.ts'
import { jsonObjectValue, wholeValue } from '../values.ts'

/** `shoal version classes|card|croissant|usage|size|splits|mask-labels`: what a version is like. */
export function describeCommands(group: Command, setup: Setup): void {
  figureCommands(group, setup)
  splitCommands(group, setup)
  group.command('card <version>').description('the data card: README.md with its front matter')
    .option('--set <json>', 'set front matter fields of a draft', jsonObjectValue)
    .addHelpText('after', '\nExample:\n  shoal version card vision/pets --set \'{"language":["en"]}\'')
    .action(action(setup, async ({ client, out }, name: string, options: { set?: Readonly<Record<string, never>> }) => {
      const ref = parseVersionRef(name)
      const card = options.set === undefined ? await client.versions.card(ref) : await client.versions.editCard(ref, { fields: options.set })
      out.answer(card, () => `${card.fields === null ? '' : `${JSON.stringify(card.fields, undefined, 2)}\n\n`}${card.text}`)
    }))
  group.command('croissant <version>').description('the version as Croissant 1.1 JSON-LD')
    .addHelpText('after', '\nExample:\n  shoal version croissant vision/pets@1.2.0 > croissant.json')
    .action(action(setup, async ({ client, out }, name: string) => {
      const description = await client.versions.croissant(parseVersionRef(name))
      out.answer(description, () => JSON.stringify(description, undefined, 2))
    }))
  group.command('mask-labels <version>').description('what the colours of masks mean')
    .option('--set <json>', 'colours to labels, e.g. {"255,0,0": ["road"]}', jsonObjectValue)
    .addHelpText('after', '\nExample:\n  shoal version mask-labels vision/streets --set \'{"#ff0000":["road"]}\'')
    .action(action(setup, async ({ client, out }, name: string, options: { set?: Readonly<Record<string, never>> }) => {
      const ref = parseVersionRef(name)
      const labels = options.set === undefined ? await client.versions.maskLabels(ref) : await client.versions.setMaskLabels(ref, options.set)
      out.answer(labels, () => Object.entries(labels).map(([colour, names]) => `${colour}  ${names.join(', ')}`).join('\n'))
    }))
}

function figureCommands(group: Command, setup: Setup): void {
  group.command('classes <version>').description('class balance: files of each class folder, or rows of each value of a column')
    .option('--path <path>', 'a table of the version').option('--column <name>', 'the column that holds the class')
    .addHelpText('after', '\nExample:\n  shoal version classes vision/pets@1.2.0')
    .action(action(setup, async ({ client, out }, name: string, options: { path?: string, column?: string }) => {
      const classes = await client.versions.classes(parseVersionRef(name), options)
      out.answer(classes, () => classesText(classes))
    }))
  group.command('usage <version>').description('reads and downloads on this node, and experiments, by day')
    .option('--days <n>', 'how far back', wholeValue, 90)
    .addHelpText('after', '\nExample:\n  shoal version usage vision/pets@1.2.0 --days 30')
    .action(action(setup, async ({ client, out }, name: string, options: { days: number }) => {
      const usage = await client.versions.usage(parseVersionRef(name), options.days)
      const rows = [...usage.days, { day: 'total', ...usage.total }]
      out.answer(usage, () => formatTable(['DAY', 'READS', 'DOWNLOADS', 'BYTES', 'EXPERIMENTS'], rows.map(row =>
        [row.day, formatCount(row.reads), formatCount(row.downloads), formatBytes(row.bytes), formatCount(row.experiments)]), ['READS', 'DOWNLOADS', 'BYTES', 'EXPERIMENTS']))
    }))
  group.command('size <version>').description('what a version takes in the store, and how much of that is new')
    .addHelpText('after', '\nExample:\n  shoal version size vision/pets@1.2.0')
    .action(action(setup, async ({ client, out }, name: string) => {
      const size = await client.versions.size(parseVersionRef(name))
      out.answer(size, () => `${formatBytes(size.bytes)} of files take ${formatBytes(size.storedBytes)} in ${counted(size.chunks, 'chunk')}, of which ${formatBytes(size.addedBytes)} are new`)
    }))
}

function splitCommands(group: Command, setup: Setup): void {
  group.command('splits <version>').description('how a version is split into train, val and test')
    .option('--ratios <a=0.8,b=0.2>', 'assign files of a draft by shares', ratiosValue).option('--seed <n>', 'of the shares', wholeValue)
    .option('--lists <json>', 'splits to lists of paths and folders', jsonObjectValue).option('--clear', 'by names of folders again')
    .addHelpText('after', '\nExample:\n  shoal version splits vision/pets --ratios train=0.8,val=0.1,test=0.1 --seed 1')
    .action(action(setup, async ({ client, out }, name: string, options: { ratios?: Record<string, number>, seed?: number, lists?: Readonly<Record<string, never>>, clear?: boolean }) => {
      const ref = parseVersionRef(name)
      const body: SplitsBody | null | undefined = options.ratios !== undefined
        ? { ratios: options.ratios, ...options.seed === undefined ? {} : { seed: options.seed } }
        : options.lists !== undefined ? { files: options.lists } : options.clear === true ? null : undefined
      const splits = body === undefined ? await client.files.splits(ref) : await client.files.setSplits(ref, body)
      out.answer(splits, () => splitsText(splits))
    }))
}

function ratiosValue(text: string): Record<string, number> {
  const shares = text.split(',').map(part => /^\s*([\w.-]+)\s*=\s*(\d*\.?\d+)\s*$/.exec(part))
  if (shares.includes(null)) throw new InvalidArgumentError('Use names and shares, e.g. train=0.8,test=0.2.')
  return Object.fromEntries(shares.map(share => [share?.[1] ?? '', Number(share?.[2])]))
}

function classesText({ by, path, column, classes, rest, total }: ClassesItem): string {
  if (by === 'none') return 'nothing says the classes: no class folders, and no table with a label column'
  const unit = by === 'folder' ? 'file' : 'row'
  const what = by === 'folder' ? 'by folder' : `by column ${column ?? ''} of ${path ?? 'several tables'}`
  const rows = classes.map(({ name, count }) => [name, formatCount(count), `${(100 * count / Math.max(1, total)).toFixed(1)} %`])
  return `${formatTable(['CLASS', 'COUNT', 'SHARE'], rows, ['COUNT', 'SHARE'])}\n${counted(total, unit)} ${what}${rest === 0 ? '' : `, ${formatCount(rest)} of no class`}`
}

function splitsText({ source, splits, rest }: SplitsItem): string {
  const rows = [...splits, ...rest.files === 0 ? [] : [{ name: '(none)', ...rest }]].map(({ name, files, bytes }) => [name, formatCount(files), formatBytes(bytes)])
  return `${formatTable(['SPLIT', 'FILES', 'SIZE'], rows, ['FILES', 'SIZE'])}\nby ${source === 'names' ? 'names of folders and files' : `${source === 'ratios' ? 'shares' : 'lists'} in splits.json`}`
}
