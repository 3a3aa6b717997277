/** The node's HTTP API: its app, its server, its typed client. Only the client is loaded until the others are called for. */
export { createClient, type Client, type ClientOptions } from './client.ts'
export type { Fetch } from './client/transport.ts'
export type { RunOptions } from './client/runs.ts'
export type { FileBytes, WriteOptions } from './client/files.ts'
export type { AppOptions, NodeIdentity, Services } from './services.ts'
export type * from './contract.ts'
