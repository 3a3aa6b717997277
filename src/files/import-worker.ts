import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { connectStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { servePort } from '../runtime/index.ts'
import { type ImportRequest, runImport } from './import-job.ts'

/** The thread one import runs in: blocking reads, splitting and hashing keep nobody else waiting. */
const store = connectStore((workerData as { port: MessagePort }).port)

servePort(parentPort ?? fail('INTERNAL', 'the import worker runs in a thread'), {
  run: (request: ImportRequest, { signal, notify }) => runImport(store, request, notify, signal)
})
