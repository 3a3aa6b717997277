import { defineConfig } from 'vitest/config'

/** The simulation alone: it runs in one thread, from the sources. */
export default defineConfig({
  test: { root: new URL('../..', import.meta.url).pathname, include: ['test/simulation/*.test.ts'], pool: 'forks' }
})
