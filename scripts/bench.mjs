// `npm run bench [-- --works pictures,single --tools shoal,restic --rounds 3 --scale 1 --folder DIR --json FILE]`: generates its data from a
// seed, runs Shoal and the installed peers in turn on the same work, and prints medians and ratios. With `--sync`, two nodes instead: bench/sync.mjs.
import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { WORKS, fresh } from './bench/data.mjs'
import { median, run } from './bench/measure.mjs'
import { eachWork, readOptions, setting } from './bench/options.mjs'
import { TOOLS, installed } from './bench/tools.mjs'

/** Longer than ext4 keeps the inodes of removed files from being used again, once that they are gone is on the disk (a minute). */
const REST_MS = 65_000
const STEPS = ['import', 'checkout', 'verify', 'changed', 'unchanged']

if (process.argv.includes('--sync')) await import('./bench/sync.mjs')
else await benchFolders(readOptions(TOOLS, Object.keys(WORKS)))

async function benchFolders(options) {
  for (const tool of options.tools) console.log(`${tool}: ${installed(tool) ?? 'not installed, left out'}`)
  console.log(`${setting(options)}\n`)
  const tools = options.tools.filter(tool => installed(tool) !== undefined)
  await eachWork(options, (work, base) => benchWork(work, base, tools, options))
}

async function benchWork(work, base, tools, { rounds, scale }) {
  const first = fresh(join(base, work))
  WORKS[work].create(first, scale)
  const second = fresh(join(base, `${work}-second`))
  copyTree(first, second)
  WORKS[work].change(second, scale)
  const samples = Object.fromEntries(tools.map(tool => [tool, []]))
  for (let round = 0; round < rounds; round++) {
    for (const tool of tools) samples[tool].push(await benchTool(tool, first, second, join(base, `round-${round}`, tool)))
    rmSync(join(base, `round-${round}`), { recursive: true })
    // ext4 makes new files slowly while many were removed just now: it looks at each before it uses its inode again.
    spawnSync('sync')
    if (round + 1 < rounds) await setTimeout(REST_MS)
  }
  rmSync(first, { recursive: true })
  rmSync(second, { recursive: true })
  print(work, samples)
  return samples
}

async function benchTool(tool, first, second, folder) {
  const { env, init, import: take, seal, checkout, verify } = TOOLS[tool]
  const at = { source: fresh(join(folder, 'source')), store: fresh(join(folder, 'store')), target: fresh(join(folder, 'target')), run: 1 }
  copyTree(first, at.source)
  const row = { peak: 0 }
  const step = async (name, command) => {
    const { seconds, peak } = await run(command, env)
    if (name !== undefined) row[name] = seconds
    row.peak = Math.max(row.peak, peak)
  }
  for (const command of init(at)) await step(undefined, command)
  spawnSync('sync')
  await step('import', take(at))
  row.stored = diskUse(at.store)
  if (seal !== undefined) await step(undefined, seal(at))
  at.run++
  spawnSync('sync')
  if (checkout !== undefined) {
    await step('checkout', checkout(at))
    if (tool === 'shoal') execFileSync('diff', ['-r', '--exclude=.shoal*', at.source, at.target])
  }
  if (verify !== undefined) await step('verify', verify(at))
  copyTree(second, at.source)
  spawnSync('sync')
  const before = diskUse(at.store)
  await step('changed', take(at))
  row.added = diskUse(at.store) - before
  at.run++
  await step('unchanged', take(at))
  return row
}

/** Makes `to` equal `from` without touching what is equal already, times included: as an edit would leave it. */
function copyTree(from, to) {
  execFileSync('cp', ['-r', '--preserve=timestamps', '--update', `${from}/.`, to])
}

/** Bytes on disk. */
function diskUse(folder) {
  return Number(execFileSync('du', ['-s', '--block-size=1', folder], { encoding: 'utf8' }).split('\t')[0])
}

function print(work, samples) {
  console.log(`${WORKS[work].title}: median seconds (peer / shoal pair by pair), MB stored`)
  for (const [tool, rows] of Object.entries(samples)) {
    const cells = STEPS.map(step => {
      const values = rows.map(row => row[step]).filter(value => value !== undefined)
      if (values.length === 0) return `${step} -`
      const ratios = rows.map((row, i) => row[step] / samples.shoal?.[i]?.[step]).filter(Number.isFinite)
      const ratio = tool === 'shoal' || ratios.length === 0 ? '' : ` (${median(ratios).toFixed(2)}x)`
      return `${step} ${median(values).toFixed(2)}${ratio}`
    })
    const stored = `${(median(rows.map(row => row.stored)) / 1e6).toFixed(0)} +${(median(rows.map(row => row.added)) / 1e6).toFixed(1)}`
    console.log(`  ${tool.padEnd(8)} ${cells.join('  ')}  stored ${stored}  peak ${(Math.max(...rows.map(row => row.peak)) / 2 ** 20).toFixed(0)} MiB`)
  }
  console.log('')
}
