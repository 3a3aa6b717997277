/** The thread one checkout runs in: blocking writes keep nobody else waiting. */
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { connectStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { servePort } from '../runtime/index.ts'
import { runCheckout } from './checkout/job.ts'
import type { CheckoutRequest } from './checkout/request.ts'

const store = connectStore((workerData as { port: MessagePort }).port)

servePort(parentPort ?? fail('INTERNAL', 'the checkout worker runs in a thread'), {
  run: (request: CheckoutRequest, context) => runCheckout(store, request, progress => context.notify(progress), context.signal)
})
