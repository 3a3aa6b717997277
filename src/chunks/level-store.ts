import { MessageChannel } from 'node:worker_threads'
// LevelDB has threads of its own, which go on when the store's thread has ended: without this second user, Node would then unload their code.
import 'level'
import { connectPort, silentLog, startThread, type Log, type PortClient, type Thread } from '../runtime/index.ts'
import { STORE_LIMITS, type StoreLimits } from './level/limits.ts'
import type { ChunkStore } from './store.ts'
import { PortStore } from './store-port.ts'
import type { LogLine, OpenRequest } from './store-worker.ts'

/** Young memory of the store's thread: what it makes for a batch of chunks fits; V8's own bound, 48 MiB, would be filled with garbage. */
const STORE_YOUNG_MIB = 12

export interface LevelStoreOptions {
  /** The store's folder, of its own; made where it is missing. */
  readonly folder: string
  readonly log?: Log
  /** Other sizes than the usual ones: for tests and small disks. */
  readonly limits?: Partial<StoreLimits>
}

/**
 * Opens the store in a folder, in a thread of its own. The caller makes sure that no other process has it open: LevelDB's own lock can be lost.
 * @throws HOME_IN_USE, HOME_TOO_NEW, DISK_FULL, STORE_DAMAGED
 */
export async function openLevelStore({ folder, log = silentLog, limits = {} }: LevelStoreOptions): Promise<ChunkStore> {
  const thread = startThread(new URL('./store-worker.js', import.meta.url), { name: 'chunk store', youngMib: STORE_YOUNG_MIB })
  const [calls, lines] = [new MessageChannel(), new MessageChannel()]
  lines.port1.on('message', ({ level, message, fields }: LogLine) => log[level](message, fields))
  lines.port1.unref()
  const request: OpenRequest = { folder, limits: { ...STORE_LIMITS, ...limits }, port: calls.port2, log: lines.port2 }
  try {
    await thread.call('open', request, { transfer: [calls.port2, lines.port2] })
  } catch (error) {
    await thread.stop()
    throw error
  }
  return new LevelStore(thread, connectPort(calls.port1))
}

/** A store whose thread this object owns. */
class LevelStore extends PortStore {
  readonly #thread: Thread
  #closing: Promise<void> | undefined

  constructor(thread: Thread, client: PortClient) {
    super(client)
    this.#thread = thread
  }

  override close(): Promise<void> {
    return this.#closing ??= this.#end()
  }

  async #end(): Promise<void> {
    try {
      await this.#thread.call('close', undefined)
    } finally {
      await super.close()
      await this.#thread.stop()
    }
  }
}
