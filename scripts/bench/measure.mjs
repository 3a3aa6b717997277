// Takes the time, the memory and the processor time of commands and processes (memory and processor: Linux).
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

const SAMPLE_MS = 20

/** Runs one command to its end. @returns its seconds and the most private memory it had. Bytes */
export async function run(command, env = {}) {
  const [file, ...args] = command
  const startedAt = performance.now()
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', data => { output = (output + data).slice(-4000) })
  child.stderr.on('data', data => { output = (output + data).slice(-4000) })
  let peak = 0
  const timer = setInterval(() => { peak = Math.max(peak, privateMemory(child.pid)) }, SAMPLE_MS)
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  clearInterval(timer)
  const seconds = (performance.now() - startedAt) / 1000
  if (status !== 0) throw new Error(`${command.join(' ')} ended with status ${status}:\n${output}`)
  return { seconds, peak }
}

/** Bytes of anonymous memory of a process; 0 where the platform does not tell. */
export function privateMemory(pid) {
  try {
    const match = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return match === null ? 0 : Number(match[1]) * 1024
  } catch {
    return 0 // It has ended, or this is not Linux.
  }
}

/** Seconds of processor time a process took, in user and system mode; 0 where the platform does not tell. */
export function cpuSeconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return 0 // It has ended, or this is not Linux.
  }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Prints how long `work` takes: the middle of all rounds, the slowest in a hundred, and the first. Milliseconds. */
export async function timed(what, work, rounds = 200) {
  const times = []
  for (let i = 0; i < rounds; i++) {
    const at = performance.now()
    await work(i)
    times.push(performance.now() - at)
  }
  const sorted = [...times].sort((a, b) => a - b)
  const share = part => sorted[Math.min(rounds - 1, Math.floor(rounds * part))].toFixed(1)
  console.log(`${what}: p50 ${share(0.5)} ms, p99 ${share(0.99)} ms (first ${times[0].toFixed(1)}, ${rounds} rounds)`)
}
