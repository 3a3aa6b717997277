import { createReadStream, createWriteStream, renameSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { fail } from '../../errors/index.ts'
import { parseFileRef, parseVersionRef } from '../../model/index.ts'
import { type Setup, action } from '../context.ts'
import { counted, formatBytes } from '../format.ts'
import { given, listValue, wholeValue } from '../values.ts'

/** `shoal upload`, `shoal archive`, `shoal link`. */
export function sourceCommands(program: Command, setup: Setup): void {
  program.command('upload <file> <path>').description('send one large file into a draft in parts; a second run goes on where the first one stopped')
    .option('--part <MiB>', 'size of a part', wholeValue, 32).option('--parallel <n>', 'parts at a time', wholeValue, 3)
    .addHelpText('after', '\nExample:\n  shoal upload ./huge.parquet vision/pets:tables/huge.parquet')
    .action(action(setup, async ({ client, out, signal }, file: string, target: string, options: { part: number, parallel: number }) => {
      const ref = parseFileRef(target)
      const stat = statSync(file, { throwIfNoEntry: false })
      if (stat === undefined || !stat.isFile()) fail('SOURCE_NOT_FOUND', `${resolve(file)} is no file`, { source: resolve(file) })
      if (ref.path === '' || options.part === 0 || options.parallel === 0) fail('USAGE', 'name the path in the version, and parts of one MiB or more')
      const source = { size: stat.size, key: String(stat.mtimeMs), read: (from: number, to: number) => createReadStream(file, { start: from, end: to - 1, highWaterMark: 1024 * 1024 }) }
      const upload = await out.progress(onProgress => client.uploads.send(ref, ref.path, source, { partBytes: options.part * 1024 * 1024, parallel: options.parallel, signal, onProgress }))
      out.result(upload, () => `uploaded ${ref.path} (${formatBytes(upload.length)}, ${upload.file?.hash ?? ''})`)
    }))

  program.command('archive <version> <file>').description('write a version, or a part of it, into one .tar, .tar.gz or .zip')
    .option('--prefix <folder>', 'only this folder').option('--split <a,b>', 'only these splits', listValue)
    .option('--sample <n>', 'so many files (100) or a share of them (5%)').option('--seed <n>', 'of the sample', wholeValue).option('--metadata-only', 'only what describes the data')
    .addHelpText('after', '\nExample:\n  shoal archive vision/pets@1.2.0 pets-train.tar.gz --split train')
    .action(action(setup, async ({ client, out, signal }, name: string, file: string, options: { prefix?: string, split?: string[], sample?: string, seed?: number, metadataOnly?: boolean }) => {
      const format = /\.(tar|tar\.gz|tgz|zip)$/i.exec(file)?.[1]?.toLowerCase() ?? fail('USAGE', `${file} ends in none of .tar, .tar.gz and .zip`)
      const bytes = client.files.archive(parseVersionRef(name), format === 'tgz' ? 'tar.gz' : format as 'tar' | 'tar.gz' | 'zip', { ...options, signal })
      try {
        await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(`${file}.part`))
      } catch (error) {
        rmSync(`${file}.part`, { force: true })
        throw error
      }
      renameSync(`${file}.part`, file)
      out.result({ file: resolve(file), bytes: statSync(file).size }, () => `wrote ${file} (${formatBytes(statSync(file).size)})`)
    }))

  linkCommands(program, setup)
}

function linkCommands(program: Command, setup: Setup): void {
  const group = program.command('link').description('entries that point to an address instead of holding bytes')
    .addHelpText('after', '\nExample:\n  shoal link add vision/pets:far/one.jpg https://example.org/one.jpg')
  group.command('list <version>').description('links of a version')
    .addHelpText('after', '\nExample:\n  shoal link list vision/pets')
    .action(action(setup, async ({ client, out }, name: string) => {
      await out.stream(client.versions.links(parseVersionRef(name)), link => `${link.path} -> ${link.url}`)
    }))
  group.command('add <path> <url>').description('put a link into a draft')
    .option('--size <bytes>', 'what it must have', wholeValue).option('--hash <blake3>', 'what it must have')
    .addHelpText('after', '\nExample:\n  shoal link add vision/pets:far/one.jpg https://example.org/one.jpg')
    .action(action(setup, async ({ client, out }, name: string, url: string, options: { size?: number, hash?: string }) => {
      const ref = parseFileRef(name)
      const result = await client.files.edit(ref, [{ op: 'link', path: ref.path, url, ...given(options) }])
      out.result(result, () => `${ref.path} -> ${url}`)
    }))
  group.command('fetch <version> [paths...]').description('make files of a draft\'s links: fetched, and checked against size and hash')
    .addHelpText('after', '\nExample:\n  shoal link fetch vision/pets')
    .action(action(setup, async ({ client, out, signal }, name: string, paths: string[]) => {
      const report = await out.progress(onProgress => client.versions.fetchLinks(parseVersionRef(name), paths.length === 0 ? undefined : paths, { signal, onProgress }))
      for (const { path, detail } of report.failed) out.warn(`${path}: ${detail}`)
      out.result(report, () => `fetched ${counted(report.done, 'link')}, ${formatBytes(report.bytes)}; ${report.failed.length} failed`)
      if (report.failed.length > 0) process.exitCode = 1
    }))
}
