// `node scripts/fuzz.mjs [--calls 100000]`: random and hostile requests to every documented route, against all rooms in memory, and (a tenth as
// many) against a node with a catalog and store on the disk, over a socket.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { calls: { type: 'string', default: '100000' } } })
if (!/^\d{1,9}$/.test(values.calls)) throw new Error(`--calls takes a whole number, not ${values.calls}`)
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const args = [vitest, 'run', '-c', 'test/vitest.config.ts', '--maxWorkers', '1', 'test/unit/http/fuzz.test.ts', 'test/e2e/http-node.test.ts']
const { status } = spawnSync(process.execPath, args, { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: 'inherit', env: { ...process.env, SHOAL_FUZZ_CALLS: values.calls } })
process.exit(status ?? 1)
