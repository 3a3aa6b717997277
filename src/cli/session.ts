import type { Client } from '../http/index.ts'

/** A way to a node for one command. */
export interface Session {
  readonly client: Client
  /** Whether a running node answers, rather than this process. */
  readonly remote: boolean
  close(): Promise<void>
}

export interface OpenOptions {
  readonly home: string | undefined
  /** What the command does, for others who find the home in use. */
  readonly doing: string
  /** The command speaks with peers: where no node runs, start the network side too. */
  readonly network: boolean
  readonly onWait: (doing: string) => void
}

export interface StartOptions {
  readonly home: string | undefined
  readonly port: number
  readonly host: string
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly relay: boolean
  readonly mdns: boolean
  /** The home was moved here on purpose. */
  readonly moved: boolean
  readonly examples: boolean
  readonly debug: boolean
}

/** What the command line needs of the rooms above it; `main.ts` hands it in. */
export interface Host {
  readonly version: string
  /** The running node's API, or the home opened in this process. */
  open(options: OpenOptions): Promise<Session>
  /** Runs the benchmark with its own options; it prints for itself. Resolves with its exit status. */
  bench(args: readonly string[], signal: AbortSignal): Promise<number>
  /** Runs a node until `signal` fires. `onReady` is called when the API answers. */
  start(options: StartOptions, signal: AbortSignal, onReady: (ready: { url: string, id: string, home: string }) => void): Promise<void>
}
