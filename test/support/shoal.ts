import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built command, as users run it. */
export const MAIN = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url))

/** A command that has not ended by then hangs. Milliseconds. */
const COMMAND_DEADLINE_MS = 30_000
const START_DEADLINE_MS = 20_000

export interface Outcome { readonly status: number | null, readonly stdout: string, readonly stderr: string }

/** Runs `shoal …` in a process of its own. */
export function shoal(home: string, args: readonly string[], options: { cwd?: string, input?: string, within?: readonly string[], env?: Readonly<Record<string, string>> } = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const [program, ...before] = [...options.within ?? [], process.execPath]
    const child = spawn(program, [...before, MAIN, ...args, '--home', home], { cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', ...options.env } })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`shoal ${args.join(' ')} did not end within ${COMMAND_DEADLINE_MS} ms`))
    }, COMMAND_DEADLINE_MS)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data: Buffer) => { stdout += String(data) })
    child.stderr.on('data', (data: Buffer) => { stderr += String(data) })
    child.on('error', reject)
    child.on('close', status => {
      clearTimeout(timer)
      resolve({ status, stdout, stderr })
    })
    child.stdin.end(options.input ?? '')
  })
}

/** Runs a command that must succeed and answers its JSON. */
export async function shoalJson<T = Record<string, unknown>>(home: string, ...args: string[]): Promise<T> {
  const outcome = await shoal(home, [...args, '--json'])
  if (outcome.status !== 0) throw new Error(`shoal ${args.join(' ')} ended with status ${outcome.status}: ${outcome.stderr}`)
  return JSON.parse(outcome.stdout) as T
}

export interface RunningNode {
  readonly url: string
  readonly home: string
  readonly process: ChildProcess
  /** What it wrote to stderr so far. */
  log(): string
  /** Ends it cleanly and waits. */
  stop(): Promise<void>
  kill(): Promise<void>
}

/** Starts a node in a process of its own, on any free port; unless told otherwise it is reached from this machine only. */
export const startNode = (home: string, ...args: string[]): Promise<RunningNode> =>
  startNodeWithin([], home, ...args.includes('--listen') ? args : ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', ...args])

/** The same behind other commands, which must become the node's process (`exec`). */
export async function startNodeWithin(within: readonly string[], home: string, ...args: string[]): Promise<RunningNode> {
  const [program, ...before] = [...within, process.execPath]
  const child = spawn(program, [...before, MAIN, 'start', '--home', home, '--port', '0', '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => { stderr += String(data) })
  const ended = new Promise<void>(resolve => child.on('close', () => resolve()))
  const ready = await new Promise<{ url: string }>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the node did not start within ${START_DEADLINE_MS} ms: ${stderr}`)), START_DEADLINE_MS)
    child.once('close', status => reject(new Error(`the node ended with status ${status}: ${stderr}`)))
    let stdout = ''
    child.stdout.on('data', (data: Buffer) => {
      stdout += String(data)
      if (!stdout.includes('\n')) return
      clearTimeout(timer)
      resolve(JSON.parse(stdout.slice(0, stdout.indexOf('\n'))) as { url: string })
    })
  })
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  return { url: ready.url, home, process: child, log: () => stderr, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/** A folder of the test's own, removed by `clear`. */
export function scratch(): { folder: string, path(...parts: string[]): string, clear(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-test-'))
  return { folder, path: (...parts) => join(folder, ...parts), clear: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) }
}
