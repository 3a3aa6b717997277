// `npm run bench -- --sync [--works pictures,records,single,tables] [--tools shoal,rsync,syncthing] [--rounds 3] [--scale 1] [--folder DIR]
// [--json FILE] [--profile DIR] [--sources]`: two real nodes on loopback. For each work: the first sync, one after the work's change, one
// with nothing new; seconds, megabytes over the wire, peak private memory. `--sources` measures three sources to one target instead.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { WORKS, fresh } from './data.mjs'
import { median } from './measure.mjs'
import { eachWork, readOptions, setting } from './options.mjs'
import { benchRsync, benchSyncthing } from './sync-peers.mjs'
import { benchShoal, benchThreeSources } from './sync-shoal.mjs'

const TOOLS = { shoal: benchShoal, rsync: benchRsync, syncthing: benchSyncthing }

const options = readOptions(TOOLS, ['pictures', 'records', 'single', 'tables'], {
  sync: { type: 'boolean' },
  profile: { type: 'string' },
  sources: { type: 'boolean', default: false }
})
console.log(setting(options))
console.log('From asking for a version to having all of it, checked: Shoal and Syncthing fsync, rsync does not; Shoal has it in its store then, the others as')
console.log('files (`+ checkout` writes them). What the sender needs to look through its folder is apart (`import`, `scan`); rsync does it as it goes.\n')
await eachWork(options, benchWork)

async function benchWork(work, base) {
  const first = fresh(join(base, 'first'))
  WORKS[work].create(first, options.scale)
  const second = fresh(join(base, 'second'))
  cpSync(first, second, { recursive: true, preserveTimestamps: true })
  WORKS[work].change(second, options.scale)
  const tools = options.sources ? { shoal: benchThreeSources } : Object.fromEntries(options.tools.filter(isHere).map(tool => [tool, TOOLS[tool]]))
  const samples = Object.fromEntries(Object.keys(tools).map(tool => [tool, []]))
  for (let round = 0; round < options.rounds; round++) {
    for (const [tool, bench] of Object.entries(tools)) {
      const folder = fresh(join(base, 'round'))
      samples[tool].push(await bench({ base: folder, first, second, profile: options.profile }))
      rmSync(folder, { recursive: true })
    }
  }
  print(work, samples)
  for (const folder of [first, second]) rmSync(folder, { recursive: true })
  return samples
}

function isHere(tool) {
  if (tool === 'shoal' || spawnSync(tool, ['--version']).status === 0) return true
  console.log(`${tool}: not installed, left out`)
  return false
}

function print(work, samples) {
  console.log(`${WORKS[work].title}: medians (peer / shoal, pair by pair)`)
  for (const [tool, rows] of Object.entries(samples)) {
    console.log(`  ${tool}`)
    for (const name of Object.keys(rows[0])) {
      const ratios = tool === 'shoal' || !/^(first|changed|nothing new)$/.test(name) ? [] : rows.map((row, i) => row[name] / samples.shoal?.[i]?.[name]).filter(Number.isFinite)
      console.log(`    ${name.padEnd(24)} ${median(rows.map(row => row[name])).toFixed(2).padStart(9)}${ratios.length === 0 ? '' : `  (${median(ratios).toFixed(2)}x)`}`)
    }
  }
  console.log('')
}
