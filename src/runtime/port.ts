import type { MessagePort, TransferListItem, Worker } from 'node:worker_threads'
import { ShoalError, toShoalError, type WireError } from '../errors/index.ts'

/**
 * Calls over a MessagePort: a request gets one reply, may send notices before it, and can be cancelled.
 * Failures cross as `WireError`s, so a `ShoalError` thrown in a worker is the same `ShoalError` for the caller.
 */
type Request =
  | { readonly kind: 'call', readonly id: number, readonly method: string, readonly argument: unknown }
  | { readonly kind: 'cancel', readonly id: number }

type Reply =
  | { readonly kind: 'result', readonly id: number, readonly value: unknown }
  | { readonly kind: 'failure', readonly id: number, readonly error: WireError, readonly stack: string | undefined }
  | { readonly kind: 'notice', readonly id: number, readonly value: unknown }

export interface HandlerContext {
  /** Fires when the caller cancels or its port closes. */
  readonly signal: AbortSignal
  /** Sends something ahead of the reply, e.g. progress. */
  notify(value: unknown): void
}

// oxlint-disable-next-line no-explicit-any -- methods differ in their argument and result; callers state both
export type Handlers = Readonly<Record<string, (argument: any, context: HandlerContext) => unknown>>

const TRANSFER = Symbol('transfer')
interface Transferred { readonly [TRANSFER]: readonly TransferListItem[], readonly value: unknown }

/** A handler's result whose buffers move to the caller instead of being copied. */
export const withTransfer = (value: unknown, list: readonly TransferListItem[]): unknown => ({ [TRANSFER]: list, value }) satisfies Transferred

const isTransferred = (value: unknown): value is Transferred => typeof value === 'object' && value !== null && TRANSFER in value

type Port = MessagePort | Worker

/** Answers calls that arrive on `port` until it closes; returns a function that stops answering. */
export function servePort(port: Port, handlers: Handlers): () => void {
  const running = new Map<number, AbortController>()
  const post = (reply: Reply, list: readonly TransferListItem[] = []): void => port.postMessage(reply, list)

  const answer = async (request: Extract<Request, { kind: 'call' }>): Promise<void> => {
    const controller = new AbortController()
    running.set(request.id, controller)
    const { id } = request
    try {
      const handler = Object.hasOwn(handlers, request.method) ? handlers[request.method] : undefined
      if (handler === undefined) throw new ShoalError('INTERNAL', `no method "${request.method}" on this port`)
      const result = await handler(request.argument, { signal: controller.signal, notify: value => post({ kind: 'notice', id, value }) })
      if (isTransferred(result)) post({ kind: 'result', id, value: result.value }, result[TRANSFER])
      else post({ kind: 'result', id, value: result })
    } catch (error) {
      const failure = toShoalError(error)
      post({ kind: 'failure', id, error: failure.toWire(), stack: error instanceof Error ? error.stack : undefined })
    } finally {
      running.delete(id)
    }
  }
  const receive = (request: Request): void => {
    if (request.kind === 'call') void answer(request)
    else running.get(request.id)?.abort()
  }
  const stop = (): void => {
    port.off('message', receive)
    for (const controller of running.values()) controller.abort()
  }
  port.on('message', receive)
  port.once('close', stop)
  return stop
}

export interface CallOptions {
  readonly transfer?: readonly TransferListItem[]
  readonly signal?: AbortSignal | undefined
  readonly onNotice?: ((value: unknown) => void) | undefined
}

export interface PortClient {
  /** @throws ShoalError as the handler threw it; CANCELLED when `signal` fires; INTERNAL when the port closes first */
  call<Result>(method: string, argument: unknown, options?: CallOptions): Promise<Result>
  close(): void
}

interface Pending {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
  readonly onNotice: ((value: unknown) => void) | undefined
}

/** The calling side of `servePort`. The port keeps its process alive only while a call is under way. */
export function connectPort(port: Port): PortClient {
  let nextId = 1
  let closed: Error | undefined
  const pending = new Map<number, Pending>()

  const take = (id: number): Pending | undefined => {
    const entry = pending.get(id)
    if (pending.delete(id) && pending.size === 0) port.unref()
    return entry
  }
  const receive = (reply: Reply): void => {
    if (reply.kind === 'notice') return pending.get(reply.id)?.onNotice?.(reply.value)
    const entry = take(reply.id)
    if (entry === undefined) return
    if (reply.kind === 'result') entry.resolve(reply.value as never)
    else entry.reject(fromWire(reply.error, reply.stack))
  }
  const end = (error: Error): void => {
    closed ??= error
    for (const id of pending.keys()) take(id)?.reject(closed)
  }
  port.on('message', receive)
  port.once('close', () => end(new ShoalError('INTERNAL', 'the worker ended before it answered')))
  port.once('error', (error: Error) => end(error))
  port.once('exit', (code: number) => end(new ShoalError('INTERNAL', `the worker ended with status ${code} before it answered`)))
  port.unref()

  return {
    call: <Result>(method: string, argument: unknown, options: CallOptions = {}): Promise<Result> => new Promise<Result>((resolve, reject) => {
      if (closed !== undefined) return reject(closed)
      if (options.signal?.aborted === true) return reject(toShoalError(options.signal.reason))
      const id = nextId++
      const cancel = (): void => port.postMessage({ kind: 'cancel', id } satisfies Request)
      const settle = <T>(then: (value: T) => void) => (value: T): void => {
        options.signal?.removeEventListener('abort', cancel)
        then(value)
      }
      pending.set(id, { resolve: settle(resolve) as Pending['resolve'], reject: settle(reject), onNotice: options.onNotice })
      if (pending.size === 1) port.ref()
      options.signal?.addEventListener('abort', cancel, { once: true })
      port.postMessage({ kind: 'call', id, method, argument } satisfies Request, options.transfer ?? [])
    }),
    close: () => {
      end(new ShoalError('INTERNAL', 'the connection to the worker was closed'))
      if ('close' in port) port.close()
    }
  }
}

function fromWire(wire: WireError, stack: string | undefined): ShoalError {
  const error = ShoalError.fromWire(wire)
  if (stack !== undefined) error.stack = stack
  return error
}
