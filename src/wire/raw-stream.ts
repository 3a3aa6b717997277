/**
 * What a framed stream needs of the stream below it: the part of libp2p's `Stream` that keeps its promises. Left out on purpose:
 * `onDrain` waits only the first time and reading by `for await` has no backpressure (libp2p 3.3).
 */
export interface RawStream {
  /** False when the caller should wait for `drain`. Throws when the stream is closed for writing. */
  send(data: Uint8Array): boolean
  /** Bytes accepted by `send` that have not left yet. */
  readonly writeBufferLength: number
  /** Bytes received and held back while paused. */
  readonly readBufferLength: number
  readonly readStatus: 'readable' | 'paused' | 'closing' | 'closed'
  readonly writeStatus: 'writable' | 'closing' | 'closed'
  /** Nothing more will be delivered. */
  readonly readableEnded: boolean
  pause(): void
  resume(): void
  close(options?: { signal?: AbortSignal }): Promise<void>
  abort(error: Error): void
  addEventListener(type: 'message', listener: (event: RawMessage) => void): void
  addEventListener(type: 'drain' | 'idle' | 'end', listener: () => void): void
  addEventListener(type: 'close', listener: (event: RawClose) => void): void
  removeEventListener(type: 'message', listener: (event: RawMessage) => void): void
  removeEventListener(type: 'drain' | 'idle' | 'end', listener: () => void): void
  removeEventListener(type: 'close', listener: (event: RawClose) => void): void
}

/** A piece that arrived: one array, or a list of arrays that iterates over them. */
export interface RawMessage { readonly data: Uint8Array | Iterable<Uint8Array> }

export interface RawClose { readonly error?: Error | undefined }
