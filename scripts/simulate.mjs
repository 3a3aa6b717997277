// Plays random programs on simulated teams until so many events happened: edits, publications, partitions, crashes, membership changes.
// `node scripts/simulate.mjs --events 100000 --seed 7 [--jobs 2]`; the same seed and events play the same programs. Exits 1 when a program goes wrong.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Seeds of one job follow each other; the next job's begin far behind them. */
const SEEDS_APART = 10_000_000

const { values } = parseArgs({ options: { events: { type: 'string', default: '100000' }, seed: { type: 'string' }, jobs: { type: 'string', default: String(Math.min(2, availableParallelism())) } } })
const [events, jobs] = [Number(values.events), Number(values.jobs)]
const seed = Number(values.seed ?? Date.now() % 1_000_000_000)
console.log(`${events} events from seed ${seed} in ${jobs} processes; again with: node scripts/simulate.mjs --events ${events} --seed ${seed} --jobs ${jobs}`)

const play = job => new Promise(resolve => {
  const share = Math.floor(events / jobs) + (job < events % jobs ? 1 : 0)
  const env = { ...process.env, SHOAL_EVENTS: String(share), SHOAL_SEED: String(seed + job * SEEDS_APART) }
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '-c', 'test/simulation/vitest.config.ts', '--maxWorkers', '1'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', data => { text += data })
  child.on('close', status => {
    const said = /\d+ events in \d+ programs.*/.exec(text)?.[0]
    console.log(status === 0 && said !== undefined ? said : text)
    resolve(status)
  })
})

const begun = performance.now()
const statuses = await Promise.all(Array.from({ length: jobs }, (_, job) => play(job)))
const failed = statuses.filter(status => status !== 0).length
console.log(`${failed === 0 ? 'all states equal, nothing acknowledged missing' : `${failed} of ${jobs} processes found something`}; ${((performance.now() - begun) / 1000).toFixed(0)} s`)
process.exit(failed === 0 ? 0 : 1)
