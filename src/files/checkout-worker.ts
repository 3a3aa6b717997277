import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { connectStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { servePort } from '../runtime/index.ts'
import { type CheckoutRequest, runCheckout } from './checkout-job.ts'

/** The thread one checkout runs in: blocking writes keep nobody else waiting. */
const store = connectStore((workerData as { port: MessagePort }).port)

servePort(parentPort ?? fail('INTERNAL', 'the checkout worker runs in a thread'), {
  run: (request: CheckoutRequest, { signal, notify }) => runCheckout(store, request, notify, signal)
})
