/** The thread one import runs in: blocking reads, splitting and hashing keep nobody else waiting. */
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { connectStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { servePort } from '../runtime/index.ts'
import { runImport } from './import/job.ts'
import type { ImportRequest } from './import/request.ts'

const store = connectStore((workerData as { port: MessagePort }).port)

servePort(parentPort ?? fail('INTERNAL', 'the import worker runs in a thread'), {
  run: (request: ImportRequest, context) => runImport(store, request, progress => context.notify(progress), context.signal)
})
