// A node in a process of its own, measured through its API.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url))

/** Resolves when the node answers. */
export async function startNode(home) {
  const child = spawn(process.execPath, [main, 'start', '--home', home, '--port', '0', '--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--no-examples', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(resolve => child.on('close', resolve))
  const line = await new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error('the node ended')))
    child.stdout.once('data', data => resolve(String(data)))
  })
  const token = readFileSync(join(home, 'api-token'), 'utf8').trim()
  return { child, url: JSON.parse(line).url, token, stop: async () => { child.kill('SIGTERM'); await ended } }
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
