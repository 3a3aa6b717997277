#!/usr/bin/env node
import './runtime/polyfill.ts'
import { run } from './cli/index.ts'
import { createHost } from './daemon/index.ts'
import { collectLessOften } from './runtime/index.ts'

collectLessOften()

/** The entry of the `shoal` command: Ctrl-C asks the work to end cleanly, a second one ends it at once. */
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130)
    stop.abort()
  })
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Who reads us has seen enough (`shoal ls … | head`).
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await run(process.argv.slice(2), createHost(), { stdout: process.stdout, stderr: process.stderr }, stop.signal)
