import type { Host, OpenOptions, Session } from '../cli/index.ts'
import { createClient } from '../http/index.ts'
import { runBench } from './bench.ts'
import { homeFolder } from './home.ts'
import { overSockets } from './over-sockets.ts'
import { findRunningNode } from './running-node.ts'
import { shoalVersion } from './version.ts'

/** The name requests inside one process go to; nothing listens there. */
const INSIDE = 'http://127.0.0.1'

/** What the command line needs: a session with the running node, or with the home opened in this process. */
export function createHost(environment: NodeJS.ProcessEnv = process.env): Host {
  return {
    version: shoalVersion(),
    open: options => openSession(options, environment),
    start: async (options, signal, onReady) => {
      const { runNode } = await import('./run-node.ts')
      await runNode({ ...options, folder: homeFolder(options.home, environment) }, signal, onReady)
    },
    bench: runBench
  }
}

async function openSession(options: OpenOptions, environment: NodeJS.ProcessEnv): Promise<Session> {
  const folder = homeFolder(options.home, environment)
  const running = await findRunningNode(folder, options.onWait)
  if (running !== undefined) {
    const { fetch, close } = overSockets()
    return { client: createClient({ baseUrl: running.url, token: running.token, fetch }), remote: true, close: async () => close() }
  }
  // Loaded only now, a command that talks to a running node starts quickly; and the API while the store opens in its thread.
  // It reaches out only: what a command listens on is gone before anybody could come.
  const opening = import('./node.ts').then(({ openNode }) => openNode({ folder, doing: options.doing, listen: 'nowhere', mdns: options.network, online: options.network }))
  const [node, { createApp, inProcessFetch }] = await Promise.all([opening, import('../http/index.ts').then(http => http.loadApp())])
  if (options.network) await node.startNetwork()
  const app = createApp(node.services, { token: node.home.token })
  const client = createClient({ baseUrl: INSIDE, token: node.home.token, fetch: inProcessFetch(app) })
  return { client, remote: false, close: () => node.close() }
}
