// `node scripts/torture.mjs kill [--count 200] [--seed N]`   kill -9 at random moments of import, publish, gc and checkout
// `node scripts/torture.mjs flip [--count 1000] [--seed N]`  random bit flips in the store's files
// Both print their seed and end with status 1 when acknowledged data was lost or a wrong byte was served.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { flip } from './torture/flip.mjs'
import { kill } from './torture/kill.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string' }, seed: { type: 'string' } }
})
const suites = { kill, flip }
const suite = suites[positionals[0]]
if (suite === undefined) {
  console.error('usage: node scripts/torture.mjs kill|flip [--count N] [--seed N]')
  process.exit(2)
}
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const folder = mkdtempSync(join(tmpdir(), 'shoal-torture-'))
console.log(`${positionals[0]}: seed ${seed}`)
try {
  const failures = await suite({ folder, seed, count: Number(values.count ?? (positionals[0] === 'kill' ? 200 : 1000)) })
  for (const failure of failures) console.error(`FAILED: ${failure}`)
  console.log(`${positionals[0]}: ${failures.length === 0 ? 'nothing lost' : `${failures.length} failures`} (seed ${seed})`)
  process.exitCode = failures.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
