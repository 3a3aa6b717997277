import { Worker, type TransferListItem } from 'node:worker_threads'
import { connectPort, type PortClient } from './port.ts'

/** A worker thread that answers calls. */
export interface Thread extends PortClient {
  readonly worker: Worker
  /** Ends the thread at once, whatever it is doing. */
  stop(): Promise<void>
}

/**
 * Starts a room's worker file.
 * @param file the module's address, `new URL('./store-worker.js', import.meta.url)`; always named `.js`: from sources (in tests)
 *   the built file of the same room runs instead, because Node 20 runs no TypeScript in threads
 * @param options.heapMib JavaScript memory of the thread, MiB: at more it ends, and the rest of the process goes on
 * @param options.youngMib how much of it is for what was just made, MiB: with less, garbage is collected more often
 */
export function startThread(file: URL, options: { data?: unknown, transfer?: readonly TransferListItem[], name: string, heapMib?: number, youngMib?: number }): Thread {
  const worker = new Worker(new URL(file.href.replace(/\/src\/(?=[^/]+\/[^/]+$)/, '/dist/')), {
    workerData: options.data,
    name: options.name,
    transferList: [...options.transfer ?? []],
    resourceLimits: {
      ...options.heapMib === undefined ? {} : { maxOldGenerationSizeMb: options.heapMib },
      ...options.youngMib === undefined ? {} : { maxYoungGenerationSizeMb: options.youngMib }
    }
  })
  const client = connectPort(worker)
  return {
    ...client,
    worker,
    stop: async () => {
      worker.ref() // Without it the process may end before the thread has, and nothing waits for it.
      await worker.terminate()
    }
  }
}
