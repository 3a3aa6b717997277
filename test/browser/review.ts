import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { violations } from './axe.ts'
import { type Visitor, visit } from './visitor.ts'

/** What axe-core finds wrong with what is shown now must be nothing. */
export async function expectAccessible({ page }: Visitor): Promise<void> {
  expect(await violations(page)).toEqual([])
}

/** One place in light and dark, wide and narrow: pictures for review, nothing cut off, nothing axe-core minds. @param ready waits until it is all there */
export async function review(browser: Browser, url: string, path: string, name: string, ready: (visitor: Visitor) => Promise<unknown>): Promise<void> {
  for (const [dark, width] of [[false, 1360], [true, 390]] as const) {
    const visitor = await visit(browser, url, { dark, width, height: width === 390 ? 844 : 900 })
    try {
      await visitor.go(path)
      await ready(visitor)
      await visitor.picture(`${name}-${dark ? 'dark' : 'light'}-${width}`, { full: true })
      const overflow = await visitor.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      expect([name, width, overflow]).toEqual([name, width, 0])
      await expectAccessible(visitor)
      expect(visitor.faults).toEqual([])
    } finally {
      await visitor.leave()
    }
  }
}
