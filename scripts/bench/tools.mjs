// Shoal and its peers as shell commands, each doing the same work on the same folder.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const shoal = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url))
const quiet = ['--quiet']

/** `at` has: source (the data), store (the tool's own folder), target (checkout). Each step is one command line. */
export const TOOLS = {
  shoal: {
    version: () => [process.execPath, shoal, '--version'],
    init: at => [[process.execPath, shoal, 'status', '--home', at.store, ...quiet]],
    import: at => [process.execPath, shoal, 'import', at.source, 'bench/data', '--home', at.store, ...quiet],
    seal: at => [process.execPath, shoal, 'publish', 'bench/data', '--home', at.store, ...quiet],
    checkout: at => [process.execPath, shoal, 'checkout', 'bench/data@latest', at.target, '--home', at.store, ...quiet],
    verify: at => [process.execPath, shoal, 'verify', '--home', at.store, ...quiet]
  },
  restic: {
    version: () => ['restic', 'version'],
    env: { RESTIC_PASSWORD: 'bench' },
    init: at => [['restic', 'init', '-q', '-r', at.store]],
    import: at => ['restic', 'backup', '-q', '-r', at.store, at.source],
    checkout: at => ['restic', 'restore', '-q', '-r', at.store, 'latest', '--target', at.target],
    verify: at => ['restic', 'check', '-q', '--read-data', '-r', at.store]
  },
  borg: {
    version: () => ['borg', '--version'],
    env: { BORG_PASSPHRASE: 'bench', BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes' },
    init: at => [['borg', 'init', '-e', 'repokey', at.store]],
    import: at => ['borg', 'create', `${at.store}::run-${at.run}`, at.source],
    checkout: at => ['sh', '-c', 'cd "$1" && borg extract "$2"', 'sh', at.target, `${at.store}::run-${at.run - 1}`],
    verify: at => ['borg', 'check', '--verify-data', at.store]
  },
  casync: {
    version: () => ['casync', '--version'],
    init: () => [],
    import: at => ['casync', 'make', `--store=${at.store}/chunks.castr`, `${at.store}/run-${at.run}.caidx`, at.source],
    checkout: at => ['casync', 'extract', `--store=${at.store}/chunks.castr`, `${at.store}/run-${at.run - 1}.caidx`, at.target],
    verify: at => ['casync', 'digest', `--store=${at.store}/chunks.castr`, `${at.store}/run-${at.run - 1}.caidx`]
  },
  'cp -r': {
    version: () => ['cp', '--version'],
    init: () => [],
    import: at => ['sh', '-c', 'rm -rf "$2/copy" && cp -r "$1" "$2/copy" && sync', 'sh', at.source, at.store]
  }
}

/** Whether a tool can be run here; its version's first line, or undefined. */
export function installed(tool) {
  const [command, ...args] = TOOLS[tool].version()
  const result = spawnSync(command, args, { encoding: 'utf8' })
  return result.status === 0 ? (result.stdout || result.stderr).split('\n')[0].trim() : undefined
}
