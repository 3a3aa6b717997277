/** The `shoal` command: every command is a call of the typed HTTP client. */
export { run } from './run.ts'
export type { Host, OpenOptions, Session, StartOptions } from './session.ts'
