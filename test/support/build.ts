import { execFileSync } from 'node:child_process'

/** Worker threads and real processes run the built files: build them before the tests, from what is in the tree now. */
export default function setup(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], { cwd: new URL('../..', import.meta.url), stdio: 'inherit' })
}
