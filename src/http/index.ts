/** The node's HTTP API: its typed client, its app and its server. Only the client is loaded until the others are called for. */
export { createClient, type Client, type ClientOptions } from './client.ts'
export { connect, Shoal, type ConnectOptions, type DatasetInput } from './sdk.ts'
export { ShoalDataset, type DeleteOptions, type NewVersionInput } from './sdk/dataset.ts'
export { ShoalRun, ShoalVersion } from './sdk/version.ts'
export type { UploadOptions, UploadSource } from './client/uploads.ts'
export type { Answer, AnswerReader, Fetch, FetchInit } from './client/transport.ts'
export type { RunOptions } from './client/runs.ts'
export type { FileBytes, Part, WriteOptions } from './client/files.ts'
export type { App } from './app.ts'
export type { Serving, ServeOptions } from './serve.ts'
export type { AppOptions, NodeIdentity, Services } from './services.ts'
export { VERSION_COLUMNS } from './csv.ts'
export type * from './contract.ts'

/** Loads `createApp` and `inProcessFetch`. */
export const loadApp = () => import('./app.ts')
/** Loads `serve`. */
export const loadServer = () => import('./serve.ts')
