import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../errors/index.ts'
import { sleep } from '../runtime/index.ts'
import { homeLockPath } from './home.ts'
import { readLock } from './lock.ts'

/** How long a command waits for another one that has the home, or for a node that is just starting. Milliseconds. */
const WAIT_FOR_HOME_MS = 10_000
const POLL_MS = 50

export interface RunningNode { readonly url: string, readonly token: string }

/**
 * Finds the node that runs on a home; waits a little while another command has it.
 * @returns undefined when nobody has the home
 * @throws HOME_IN_USE when somebody without an API holds on to it
 */
export async function findRunningNode(folder: string, onWait: (doing: string) => void): Promise<RunningNode | undefined> {
  for (let waited = 0; ; waited += POLL_MS) {
    const owner = readLock(homeLockPath(folder))
    if (owner === undefined) return undefined
    if (owner.url !== undefined) return { url: owner.url, token: readFileSync(join(folder, 'api-token'), 'utf8').trim() }
    if (waited === 0) onWait(owner.doing)
    if (waited >= WAIT_FOR_HOME_MS) fail('HOME_IN_USE', `${folder} is in use by process ${owner.pid} (${owner.doing})`, { ...owner })
    await sleep(POLL_MS)
  }
}
