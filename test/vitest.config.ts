import { configDefaults, defineConfig } from 'vitest/config'

/** What all runs of tests have in common. */
export const shared = {
  root: new URL('..', import.meta.url).pathname,
  globalSetup: ['test/support/build.ts'],
  pool: 'forks',
  maxWorkers: 2,
  // A busy machine of two cores is slow; a test that hangs still ends.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // What is waited for comes within milliseconds, or the machine is busy: 1 s would be too little then.
  expect: { poll: { timeout: 20_000, interval: 20 } }
} as const

/** All of the project's tests but those that take long (test/long, test/simulation), which `.ci/run` runs as well; `npm test` runs them once. */
export default defineConfig({ test: { ...shared, globalSetup: [...shared.globalSetup], include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, 'test/long/**', 'test/simulation/**'] } })
