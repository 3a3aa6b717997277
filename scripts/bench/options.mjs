// What the benchmarks of one tool beside others have in common: their options, a folder of their own, and where the results go.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { WORKS } from './data.mjs'

/**
 * Reads `--works`, `--tools`, `--rounds`, `--scale`, `--folder`, `--json` and what else there is; ends the process with status 2 where one makes no sense.
 * @param tools what can be measured, by name @param works what is measured unless others are named @param more further options, as `parseArgs` takes them
 */
export function readOptions(tools, works, more = {}) {
  const options = {
    works: { type: 'string', default: works.join(',') },
    tools: { type: 'string', default: Object.keys(tools).join(',') },
    rounds: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
    folder: { type: 'string' },
    json: { type: 'string' },
    ...more
  }
  try {
    const { values } = parseArgs({ options })
    return { ...values, works: known('works', values.works, WORKS), tools: known('tools', values.tools, tools), rounds: positive('rounds', values.rounds), scale: positive('scale', values.scale) }
  } catch (error) {
    console.error(`error: ${error.message}`)
    return process.exit(2)
  }
}

function known(option, names, all) {
  const unknown = names.split(',').filter(name => !Object.hasOwn(all, name))
  if (unknown.length > 0) throw new RangeError(`--${option}: there is no ${unknown.join(', ')}; known are ${Object.keys(all).join(', ')}`)
  return names.split(',')
}

function positive(option, text) {
  const value = Number(text)
  if (!(value > 0)) throw new RangeError(`--${option} must be a number above 0, not ${text}`)
  return value
}

/** The machine and what is asked of it, in a line. */
export const setting = ({ rounds, scale }) =>
  `${availableParallelism()} cores (${cpus()[0]?.model}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, ${rounds} round${rounds === 1 ? '' : 's'}, scale ${scale}`

/** Does one work after the other in a folder that is gone afterwards, and writes what they answer where `--json` says. */
export async function eachWork({ works, folder, json }, bench) {
  const base = mkdtempSync(join(folder ?? tmpdir(), 'shoal-bench-'))
  const results = {}
  try {
    for (const work of works) results[work] = await bench(work, base)
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`)
}
