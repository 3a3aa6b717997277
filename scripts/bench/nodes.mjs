// Running Shoal nodes for benchmarks: real processes, each with a home of its own.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const SHOAL = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url))

/**
 * Starts a node that is alone: no example datasets, no looking for others on the local network.
 * @param options `flags` of Node.js, e.g. for a profile
 */
export async function startNode(home, { flags = [] } = {}) {
  const args = ['start', '--home', home, '--port', '0', '--no-examples', '--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--json']
  const child = spawn(process.execPath, [...flags, SHOAL, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  child.stderr.on('data', data => { log = (log + data).slice(-4000) })
  const ended = new Promise(resolve => child.on('close', resolve))
  const line = await new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error(`the node in ${home} ended: ${log}`)))
    child.stdout.once('data', data => resolve(String(data)))
  })
  const { createClient } = await import('../../dist/http/index.js')
  const token = readFileSync(join(home, 'api-token'), 'utf8').trim()
  const { url } = JSON.parse(line)
  const client = createClient({ baseUrl: url, token })
  return {
    home,
    pid: child.pid,
    url,
    client,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    }
  }
}

/** Takes a node into another one's workspace. */
export async function joinNode(node, other) {
  const { invite } = await other.client.invite({})
  await node.client.join(invite)
}

/** Bytes of chunks, envelopes and what goes round them that a node got from its peers. */
export async function received(client) {
  let bytes = 0
  for await (const peer of client.peers()) bytes += peer.bytesIn
  return bytes
}
