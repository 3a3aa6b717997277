import { defineConfig } from 'vitest/config'

/** All of the project's tests; `npm test` runs them once. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A busy machine of two cores is slow; a test that hangs still ends.
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
