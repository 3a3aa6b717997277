// `npm run quickstart`: the whole story with two real nodes and a real dataset, in under a minute. Prints each command it runs.
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../dist/bin/main.js', import.meta.url))
const stage = mkdtempSync(join(tmpdir(), 'shoal-quickstart-'))
const START_DEADLINE_MS = 20_000
const STOP_DEADLINE_MS = 10_000
const startedAt = performance.now()
const nodes = []

/** What a reader sees: the command as typed, with the stage's folders by short names. */
const shown = text => text.replaceAll(stage, '.')
const typed = args => shown(args.map(arg => /[ :]/.test(arg) && !arg.startsWith('/') && arg.length < 60 ? `'${arg}'` : arg.length > 120 ? `${arg.slice(0, 40)}…` : arg).join(' '))

function shoal(home, ...args) {
  console.log(`\n[${home}]$ shoal ${typed(args)}`)
  const result = spawnSync(process.execPath, [main, ...args, '--home', join(stage, home)], { encoding: 'utf8', timeout: 60_000 })
  const output = `${result.stdout}${result.stderr}`.trimEnd()
  if (output !== '') console.log(shown(output).replace(/^/gm, '  '))
  if (result.status !== 0) throw new Error(`shoal ${args.join(' ')} ended with status ${result.status}`)
  return result.stdout.trim()
}

async function start(home, ...args) {
  console.log(`\n[${home}]$ shoal start ${args.join(' ')} &`)
  const child = spawn(process.execPath, [main, 'start', ...args, '--json', '--home', join(stage, home)], { stdio: ['ignore', 'pipe', 'pipe'] })
  nodes.push(child)
  let errors = ''
  child.stderr.on('data', data => { errors += data })
  const line = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the node did not start in time:\n${errors}`)), START_DEADLINE_MS)
    child.on('exit', status => reject(new Error(`the node ended with status ${status}:\n${errors}`)))
    child.stdout.once('data', data => {
      clearTimeout(timer)
      resolve(String(data))
    })
  })
  console.log(`  the node of ${home} answers on ${JSON.parse(line).url}`)
}

try {
  const data = join(stage, 'weather')
  mkdirSync(data)
  const source = fileURLToPath(new URL('../node_modules/vega-datasets/data', import.meta.url))
  for (const name of ['seattle-weather.csv', 'weather.csv', 'airports.csv', 'cars.json', 'movies.json', 'flights-2k.json']) cpSync(join(source, name), join(data, name))

  console.log('Ana has some tables. Her machine runs a node, takes them in and publishes them.')
  await start('ana', '--port', '0', '--no-examples')
  shoal('ana', 'import', data, 'field/weather')
  shoal('ana', 'publish', 'field/weather', '--message', 'first season')

  console.log('\nSome rows come in; the next version stores what is new only.')
  appendFileSync(join(data, 'seattle-weather.csv'), '2016-01-01,1.5,9.4,4.4,2.1,rain\n2016-01-02,0.0,8.3,2.8,1.8,sun\n')
  shoal('ana', 'import', data, 'field/weather')
  shoal('ana', 'publish', 'field/weather', '--message', 'two more days')
  shoal('ana', 'diff', 'field/weather@1.0.0', 'field/weather@latest', '--stat')

  console.log('\nBen joins with one line. No server, no account.')
  const invite = shoal('ana', 'invite', '--quiet')
  shoal('ben', 'join', invite)
  await start('ben', '--port', '0', '--no-examples')
  shoal('ben', 'sync', 'field/weather@latest', '--wait')
  shoal('ben', 'dataset', 'list')
  shoal('ben', 'checkout', 'field/weather@latest', join(stage, 'copy'))

  const same = ['seattle-weather.csv', 'movies.json'].every(name => readFileSync(join(data, name)).equals(readFileSync(join(stage, 'copy', name))))
  const diff = spawnSync('diff', ['-r', '--exclude=.shoal*', data, join(stage, 'copy')], { encoding: 'utf8' })
  if (!same || (diff.error === undefined && diff.status !== 0)) throw new Error(`Ben's copy differs:\n${diff.stdout}`)
  console.log(`\nBen's files are Ana's, byte for byte. ${((performance.now() - startedAt) / 1000).toFixed(1)} s in all.`)
} finally {
  await Promise.all(nodes.map(node => new Promise(resolve => {
    node.removeAllListeners('exit')
    if (node.exitCode !== null) return resolve()
    node.once('exit', resolve)
    node.kill('SIGTERM')
    setTimeout(() => node.kill('SIGKILL'), STOP_DEADLINE_MS).unref()
  })))
  rmSync(stage, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}
