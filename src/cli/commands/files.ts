import type { Command } from 'commander'
import type { DiffItem, FileItem } from '../../http/index.ts'
import { fail } from '../../errors/index.ts'
import { type FileRef, checkPath, parseFileRef, parseVersionRef } from '../../model/index.ts'
import { type Setup, action } from '../context.ts'
import { formatBytes, formatTime } from '../format.ts'

/** `shoal ls`, `cat`, `rm`, `mv`, `mkdir`, `diff`, `log`. */
export function fileCommands(program: Command, setup: Setup): void {
  readCommands(program, setup)
  writeCommands(program, setup)
  historyCommands(program, setup)
}

function readCommands(program: Command, setup: Setup): void {
  program.command('ls <path>').description('list files of a version: <namespace/name[@version][:folder]>')
    .option('-r, --recursive', 'also in subfolders')
    .addHelpText('after', '\nExample:\n  shoal ls vision/pets@1.2.0:train')
    .action(action(setup, async ({ client, out }, name: string, options: { recursive?: boolean }) => {
      const ref = parseFileRef(name)
      if (ref.path !== '') {
        const item = await client.files.stat(ref, ref.path)
        if (item.type !== 'folder') {
          await out.stream(once(item), itemText)
          return
        }
      }
      const prefix = ref.path === '' ? {} : { prefix: ref.path }
      const items = options.recursive === true ? client.files.entries(ref, prefix) : pagesOf(cursor => client.files.list(ref, { ...prefix, ...cursor }))
      await out.stream(items, itemText)
    }))

  program.command('cat <path>').description('write a file of a version to stdout')
    .option('--fetch', 'of a link: get what it points to, checked against its size and hash')
    .addHelpText('after', '\nExample:\n  shoal cat vision/pets@1.2.0:README.md')
    .action(action(setup, async ({ client, out, signal }, name: string, options: { fetch?: boolean }) => {
      const ref = withPath(name)
      const { bytes } = await client.files.read(ref, ref.path, { ...options, signal })
      for await (const part of bytes) await out.bytes(part)
    }))
}

async function* once(item: FileItem): AsyncGenerator<FileItem> {
  yield item
}

async function* pagesOf(page: (cursor: { cursor?: string }) => Promise<{ items: readonly FileItem[], next: string | null }>): AsyncGenerator<FileItem> {
  let cursor: string | null = null
  do {
    const { items, next } = await page(cursor === null ? {} : { cursor })
    yield* items
    cursor = next
  } while (cursor !== null)
}

function writeCommands(program: Command, setup: Setup): void {
  program.command('rm <path...>').description('remove files from a draft')
    .option('-r, --recursive', 'also folders, with what is in them').option('--message <text>', 'what is changed, for the log')
    .addHelpText('after', '\nExample:\n  shoal rm -r vision/pets:train/blurred')
    .action(action(setup, async ({ client, out }, names: string[], options: { recursive?: boolean, message?: string }) => {
      const refs = names.map(withPath)
      const edits = refs.map(ref => ({ op: 'remove' as const, path: ref.path, ...options.recursive === true ? { recursive: true } : {} }))
      const result = await client.files.edit(sameVersion(refs), edits, options.message)
      out.result(result, () => `removed ${result.changed} entries`)
    }))

  program.command('mv <from> <to>').description('move or rename a file or folder of a draft; <to> is a path, or a reference to the same version')
    .option('--overwrite', 'replace what is there').option('--message <text>', 'what is changed, for the log')
    .addHelpText('after', '\nExample:\n  shoal mv vision/pets:cats/a.jpg cats/tom.jpg')
    .action(action(setup, async ({ client, out }, from: string, to: string, options: { overwrite?: boolean, message?: string }) => {
      const source = withPath(from)
      const target = to.includes(':') && to.includes('/') && to.indexOf(':') > to.indexOf('/') ? withPath(to) : { ...source, path: checkPath(to) }
      const edit = { op: 'move' as const, from: source.path, to: target.path, ...options.overwrite === true ? { overwrite: true } : {} }
      const result = await client.files.edit(sameVersion([source, target]), [edit], options.message)
      out.result(result, () => `moved ${source.path} to ${target.path}`)
    }))

  program.command('mkdir <path...>').description('make folders in a draft')
    .addHelpText('after', '\nExample:\n  shoal mkdir vision/pets:train/birds')
    .action(action(setup, async ({ client, out }, names: string[]) => {
      const refs = names.map(withPath)
      const result = await client.files.edit(sameVersion(refs), refs.map(ref => ({ op: 'mkdir' as const, path: ref.path })))
      out.result(result, () => `made ${refs.map(ref => ref.path).join(', ')}`)
    }))
}

function historyCommands(program: Command, setup: Setup): void {
  program.command('diff <before> <after>').description('what differs between two versions')
    .option('--stat', 'only how much')
    .addHelpText('after', '\nExample:\n  shoal diff vision/pets@1.0.0 vision/pets@1.1.0 --stat')
    .action(action(setup, async ({ client, out, signal }, before: string, after: string, options: { stat?: boolean }) => {
      parseVersionRef(before)
      const items = client.versions.diff(parseVersionRef(after), { against: before, signal })
      if (options.stat !== true) {
        await out.stream(items, diffText)
        return
      }
      const counts = { added: 0, modified: 0, removed: 0, bytes: 0 }
      for await (const item of items) {
        counts[item.change]++
        counts.bytes += sizeOf(item.after) - sizeOf(item.before)
      }
      const sign = counts.bytes < 0 ? '-' : '+'
      out.answer(counts, () => `${counts.added} added, ${counts.modified} modified, ${counts.removed} removed, ${sign}${formatBytes(Math.abs(counts.bytes))}`)
    }))

  program.command('log <version>').description('who did what, when')
    .addHelpText('after', '\nExample:\n  shoal log vision/pets')
    .action(action(setup, async ({ client, out }, name: string) => {
      await out.stream(client.versions.history(parseVersionRef(name)), item => {
        const detail = Object.keys(item.detail).length === 0 ? '' : `  ${JSON.stringify(item.detail)}`
        return `${formatTime(item.at)}  ${item.by.slice(-8)}  ${item.change}${detail}`
      })
    }))
}

function withPath(name: string): FileRef {
  const ref = parseFileRef(name)
  return ref.path === '' ? fail('REFERENCE_INVALID', `"${name}" names no file: write namespace/name[@version]:path`) : ref
}

/** All of one command's paths must lie in one version: they change together or not at all. */
function sameVersion(refs: readonly FileRef[]): FileRef {
  const first = refs[0] ?? fail('USAGE', 'no path is given')
  for (const ref of refs) {
    if (ref.namespace !== first.namespace || ref.name !== first.name || ref.version !== first.version) {
      fail('USAGE', 'the paths lie in different versions; change one version at a time')
    }
  }
  return first
}

function itemText(item: FileItem): string {
  if (item.type === 'folder') return `${'-'.padStart(10)}  ${item.path}/`
  if (item.type === 'link') return `${'link'.padStart(10)}  ${item.path} -> ${item.url}`
  return `${formatBytes(item.size).padStart(10)}  ${item.path}`
}

const sizeOf = (item: FileItem | null): number => item?.type === 'file' ? item.size : 0

const MARKS = { added: '+', modified: '~', removed: '-' } as const

const diffText = (item: DiffItem): string => `${MARKS[item.change]} ${item.path}`
