import { createReadStream, existsSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { fail } from '../../errors/index.ts'
import { parseVersionRef } from '../../model/index.ts'
import type { ProgressSink } from '../../runtime/index.ts'
import { type Setup, action } from '../context.ts'
import { counted, formatBytes } from '../format.ts'

/** `shoal export`, `shoal bundle import`: versions that travel as one file. */
export function bundleCommands(program: Command, setup: Setup): void {
  program.command('export <version> <file>').description('write a version with its catalog entry, signatures and data into one file')
    .option('--force', 'write over a file that is there')
    .addHelpText('after', '\nExample:\n  shoal export vision/pets@1.2.0 /media/stick/pets.shoal')
    .action(action(setup, async ({ client, out, signal }, name: string, file: string, options: { force?: boolean }) => {
      const path = resolve(file)
      if (existsSync(path) && options.force !== true) fail('PATH_EXISTS', `${path} is there already; --force writes over it`, { path })
      const ref = parseVersionRef(name)
      const { ref: reference, bytes: totalBytes } = await client.versions.get(ref)
      const bytes = await out.progress(onProgress => writeWhole(path, counting(client.bundles.export(ref, { signal }), 'writing', totalBytes ?? undefined, onProgress)))
      out.result({ version: reference, file: path, bytes }, () => `${path} holds ${reference} (${formatBytes(bytes)})`)
    }))

  program.command('bundle').description('versions that travel as one file')
    .command('import <file>').description('take in a version that `shoal export` wrote; all of it is checked')
    .addHelpText('after', '\nExample:\n  shoal bundle import /media/stick/pets.shoal')
    .action(action(setup, async ({ client, out, signal }, file: string) => {
      const path = resolve(file)
      const found = await stat(path).catch(() => undefined)
      if (found?.isFile() !== true) fail('SOURCE_NOT_FOUND', `there is no file ${path}`, { source: path })
      const result = await out.progress(onProgress => client.bundles.import(counting(createReadStream(path), 'reading', found.size, onProgress), { signal }))
      const chunks = `${counted(result.chunks, 'chunk')}, ${result.newChunks} of them new, ${formatBytes(result.bytes)}`
      out.result(result, () => `${result.ref} is here (${chunks}; ${counted(result.envelopes, 'new change')})`)
    }))
}

type Source = AsyncIterable<Uint8Array>

async function* counting(source: Source, phase: string, totalBytes: number | undefined, onProgress: ProgressSink | undefined): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const part of source) {
    yield part
    bytes += part.length
    onProgress?.({ phase, files: 0, bytes, ...totalBytes === undefined ? {} : { totalBytes } })
  }
}

/** Written beside and moved when it is whole and on the disk: half a bundle never has the name. @returns bytes written */
async function writeWhole(path: string, source: AsyncIterable<Uint8Array>): Promise<number> {
  const part = `${path}.part`
  const handle = await open(part, 'w').catch((error: unknown) => fail('TARGET_UNWRITABLE', `${part} can not be written`, { path }, error))
  try {
    let bytes = 0
    for await (const piece of source) {
      for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten
      bytes += piece.length
    }
    await handle.sync()
    await handle.close()
    await rename(part, path)
    return bytes
  } catch (error) {
    await handle.close().catch(() => undefined) // It may be closed already.
    await rm(part, { force: true })
    throw error
  }
}
