import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fail } from '../errors/index.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/bench.mjs', import.meta.url))

/**
 * Runs the benchmark of BENCHMARKS.md on this machine, in a process of its own that prints for itself.
 * @returns its exit status
 * @throws FILE_NOT_FOUND where it was not installed along; CANCELLED
 */
export async function runBench(args: readonly string[], signal: AbortSignal): Promise<number> {
  if (!existsSync(SCRIPT)) fail('FILE_NOT_FOUND', `the benchmark ${SCRIPT} is not there; run it from a checkout of Shoal`, { path: SCRIPT })
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: 'inherit' })
  const stop = (): void => { child.kill('SIGTERM') }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const [status] = await once(child, 'close') as [number | null]
    if (signal.aborted) fail('CANCELLED', 'the benchmark was ended before its end')
    return status ?? 1
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
