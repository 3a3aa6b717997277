/**
 * The thread all Automerge work runs in: what peers send is unfolded under a cap on memory, and when a bomb goes off only this thread dies.
 */
import { setFlagsFromString } from 'node:v8'
import { parentPort } from 'node:worker_threads'
import { fail } from '../errors/index.ts'
import { servePort } from '../runtime/index.ts'
import type { AdmitCall, Call, ChangeCall } from './document-engine.ts'
import { WORKER_WASM_PAGES } from './limits.ts'

setFlagsFromString(`--wasm-max-mem-pages=${WORKER_WASM_PAGES}`)

// Automerge allocates its memory when it is loaded: after the flag.
const engine = import('./document-engine.ts').then(({ DocumentEngine }) => new DocumentEngine())

servePort(parentPort ?? fail('INTERNAL', 'the document worker runs in a thread'), {
  change: async (call: ChangeCall) => (await engine).change(call),
  admit: async (call: AdmitCall) => (await engine).admit(call),
  describe: async (call: { readonly changes: readonly Uint8Array[] }) => (await engine).describe(call),
  view: async (call: Call) => (await engine).view(call),
  save: async (call: Call) => (await engine).save(call)
})
