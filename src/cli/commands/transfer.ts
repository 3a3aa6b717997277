import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { fail } from '../../errors/index.ts'
import type { CheckoutReport, FileNotice, ImportReport } from '../../files/index.ts'
import { type Setup, action } from '../context.ts'
import { counted, formatBytes } from '../format.ts'
import type { Output } from '../output.ts'
import { listValue, wholeValue } from '../values.ts'

/** Notices printed in full; more are counted. */
const NOTICES_SHOWN = 20

interface ImportOptions { add?: boolean, rehash?: boolean, into?: string, message?: string }

interface CheckoutOptions { prefix?: string, force?: boolean, split?: string[], sample?: string, seed?: number, metadataOnly?: boolean }

/** `shoal import`, `shoal checkout`: between folders of this machine and versions. */
export function transferCommands(program: Command, setup: Setup): void {
  program.command('import <source> <dataset>').description('make a draft equal a folder (or one file); creates what is missing, skips what is unchanged')
    .option('--add', 'keep what the source lacks')
    .option('--rehash', 'read every file, also those whose size and times say that they are unchanged')
    .option('--into <folder>', 'folder of the version to import into').option('--message <text>', 'what this import brings')
    .addHelpText('after', '\nExample:\n  shoal import ./photos vision/pets --message "spring"')
    .action(action(setup, async ({ client, out, signal }, source: string, ref: string, options: ImportOptions) => {
      const path = resolve(source)
      if (!existsSync(path)) fail('SOURCE_NOT_FOUND', `${path} does not exist`, { source: path })
      const report = await out.progress(onProgress => client.files.import({ source: path, ref, ...options }, { signal, onProgress }))
      showNotices(out, report.notices)
      out.result(report, () => importText(report))
    }))

  program.command('checkout <version> <folder>').description('make a folder equal a version; a second run moves only what differs')
    .option('--prefix <folder>', 'only this folder of the version')
    .option('--force', 'overwrite and remove files that are not of an earlier checkout')
    .option('--split <a,b>', 'only these splits: train, val, test or what splits.json names', listValue)
    .option('--sample <n>', 'so many files (100) or a share of them (5%), from each class folder alike').option('--seed <n>', 'of the sample', wholeValue)
    .option('--metadata-only', 'only what describes the data')
    .addHelpText('after', '\nExample:\n  shoal checkout vision/pets@1.2.0 ./pets --split train --sample 5% --seed 1')
    .action(action(setup, async ({ client, out, signal }, ref: string, folder: string, options: CheckoutOptions) => {
      const report = await out.progress(onProgress => client.files.checkout({ ref, folder: resolve(folder), ...options }, { signal, onProgress }))
      showNotices(out, report.notices)
      out.result(report, () => checkoutText(report))
    }))
}

function showNotices(out: Output, notices: readonly FileNotice[]): void {
  for (const notice of notices.slice(0, NOTICES_SHOWN)) out.warn(`${notice.path}: ${notice.detail}`)
  if (notices.length > NOTICES_SHOWN) out.warn(`… and ${counted(notices.length - NOTICES_SHOWN, 'more notice')}; --json lists them all`)
}

function importText(report: ImportReport): string {
  const changes = `${report.added} added, ${report.modified} modified, ${report.removed} removed, ${report.unchanged} unchanged`
  return `${report.version} holds ${counted(report.files, 'file')}, ${formatBytes(report.bytes)} (${changes}; read ${formatBytes(report.bytesRead)})`
}

function checkoutText(report: CheckoutReport): string {
  return `${report.folder} equals ${report.version} (${report.written} written, ${formatBytes(report.bytesWritten)}; ${report.removed} removed, ${report.unchanged} unchanged)`
}
