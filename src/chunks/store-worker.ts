/** The thread that owns a store's two databases. */
import { parentPort, type MessagePort } from 'node:worker_threads'
import '../runtime/polyfill.ts'
import { fail } from '../errors/index.ts'
import { keepFreedMemory, servePort, type Log, type LogLevel } from '../runtime/index.ts'
import { LevelCore } from './level/core.ts'
import type { StoreLimits } from './level/limits.ts'
import { serveStore } from './store-port.ts'

/** What the thread is asked for first. */
export interface OpenRequest {
  readonly folder: string
  readonly limits: StoreLimits
  /** Where calls to the store come in. */
  readonly port: MessagePort
  /** Where lines for the log go. */
  readonly log: MessagePort
}

export interface LogLine { readonly level: LogLevel, readonly message: string, readonly fields: Readonly<Record<string, unknown>> | undefined }

// LevelDB and its library take and free buffers of some MiB all the time.
keepFreedMemory()

let core: LevelCore | undefined

servePort(parentPort ?? fail('INTERNAL', 'this file runs in a worker thread'), {
  open: async ({ folder, limits, port, log }: OpenRequest) => {
    core = await LevelCore.open({ folder, limits, log: logTo(log) })
    serveStore(port, core)
  },
  close: () => core?.close()
})

function logTo(port: MessagePort): Log {
  const line = (level: LogLevel): Log['info'] => (message, fields) => port.postMessage({ level, message, fields } satisfies LogLine)
  const log: Log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error'), child: () => log }
  return log
}
