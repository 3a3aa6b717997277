import '../runtime/polyfill.ts'
import { setFlagsFromString } from 'node:v8'
import { parentPort } from 'node:worker_threads'
import { fail } from '../errors/index.ts'
import { servePort } from '../runtime/index.ts'
import type { DocumentHandlers } from './document-engine.ts'

/**
 * The thread all Automerge work runs in: what peers send is decoded under a cap on WebAssembly memory, and when a bomb goes off only this
 * thread dies. 64 KiB a page: 512 MiB, several times what the largest document that keeps the rules takes.
 */
setFlagsFromString('--wasm-max-mem-pages=8192')

const engine = import('./document-engine.ts')

type Methods = keyof DocumentHandlers
const call = <Method extends Methods>(method: Method) => async (argument: Parameters<DocumentHandlers[Method]>[0]) => {
  const { handlers } = await engine
  return (handlers[method] as (argument: unknown) => unknown)(argument)
}

servePort(parentPort ?? fail('INTERNAL', 'the document worker runs in a thread'), { change: call('change'), admit: call('admit'), view: call('view'), save: call('save'), forget: call('forget') })
