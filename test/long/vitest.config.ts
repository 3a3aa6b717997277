import { defineConfig } from 'vitest/config'
import { shared } from '../vitest.config.ts'

/** The tests that take minutes: real nodes on real networks, under attack, with bad luck; the page looked at place by place. `.ci/run` runs them. */
export default defineConfig({ test: { ...shared, globalSetup: [...shared.globalSetup], include: ['test/long/*.test.ts'], maxWorkers: 1 } })
