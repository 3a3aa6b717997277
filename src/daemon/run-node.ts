import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StartOptions } from '../cli/index.ts'
import { loadApp, loadServer } from '../http/index.ts'
import { type Log, createLog, systemClock } from '../runtime/index.ts'
import { areExamplesMade, noteExamples } from './examples-made.ts'
import { type Node, openNode } from './node.ts'

export interface Ready { readonly url: string, readonly id: string, readonly home: string }

/** The built page, beside the built code; a checkout that was never built has none. */
const PAGE = fileURLToPath(new URL('../web', import.meta.url))

/**
 * Runs a node until `signal` fires: API first, so that it answers at once, then peers, then the example datasets of a fresh home.
 * @throws HOME_IN_USE, PORT_IN_USE, TOKEN_REQUIRED and what opening a home fails with
 */
export async function runNode(options: StartOptions & { folder: string }, signal: AbortSignal, onReady: (ready: Ready) => void): Promise<void> {
  const log = createLog({ level: options.debug ? 'debug' : 'info', clock: systemClock, write: line => process.stderr.write(line) })
  const [node, { createApp }, { serve }] = await Promise.all([
    openNode({ ...options, doing: 'shoal start', online: true, log, listen: options.listen.length > 0 ? options.listen : 'everywhere' }),
    loadApp(),
    loadServer()
  ])
  try {
    const app = createApp(node.services, { token: node.home.token, page: existsSync(PAGE) ? PAGE : undefined })
    const serving = await serve(app, { host: options.host, port: options.port, token: node.home.token })
    try {
      node.announce(serving.url)
      onReady({ url: serving.url, id: node.services.node.id, home: options.folder })
      await node.startNetwork()
      if (options.examples) await addExamples(node, log, signal)
      await ended(signal)
    } finally {
      await serving.stop()
    }
  } finally {
    await node.close()
  }
}

/** Tries out what a fresh home can do with data that is there at once. A failure is told; the node works without examples. */
async function addExamples(node: Node, log: Log, signal: AbortSignal): Promise<void> {
  const { home: { folder }, datasets, files } = node
  if (areExamplesMade(folder)) return
  const folderForScratch = mkdtempSync(join(tmpdir(), 'shoal-examples-'))
  try {
    const { createExamples } = await import('./examples/index.ts')
    noteExamples(folder, datasets, await createExamples({ datasets, files, folderForScratch, signal }))
  } catch (error) {
    if (!signal.aborted) log.warn('the example datasets could not be made', { error })
  } finally {
    rmSync(folderForScratch, { recursive: true, force: true })
  }
}

const ended = (signal: AbortSignal): Promise<void> => new Promise(resolve => {
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
})
