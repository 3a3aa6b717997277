import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startChromium } from '../support/chromium.ts'
import { type RunningNode, scratch, startNode } from '../support/shoal.ts'
import { visit } from './visitor.ts'

/** Whether everybody can use the page: what axe-core finds wrong with it. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation { readonly id: string, readonly impact: string, readonly help: string, readonly nodes: readonly { readonly html: string, readonly failureSummary: string }[] }

const place = scratch()
let node: RunningNode
let browser: Browser

beforeAll(async () => {
  [node, browser] = await Promise.all([startNode(place.path('home')), startChromium()])
  // The examples are complete when the draft of the second one has its files.
  await vi.waitUntil(async () => (await (await fetch(`${node.url}/api/v1/datasets/examples/shapes/versions/1.1.0`)).json() as { files?: number }).files === 147, { timeout: 20_000, interval: 200 })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await node?.stop()
  place.clear()
})

const PLACES: Readonly<Record<string, string>> = {
  'the list': '/',
  'nothing found': '/?q=nothing-at-all',
  'a dataset': '/datasets/examples/shapes',
  'files of a version': '/datasets/examples/shapes/versions/1.1.0',
  'previews': '/datasets/examples/shapes/versions/1.0.0?tab=preview',
  'a picture': '/datasets/examples/shapes/versions/1.0.0?tab=preview&file=train%2F0001.png',
  'a table': '/datasets/examples/tables/versions/1.0.0?tab=preview&file=penguins.json',
  'the console': '/datasets/examples/shapes/versions/1.0.0?tab=console'
}

describe.each([false, true])('issue 5: dark %s', dark => {
  it('axe-core finds nothing serious', async () => {
    const visitor = await visit(browser, node.url, { dark })
    const found: string[] = []
    const look = async (where: string): Promise<void> => {
      await visitor.page.evaluate(AXE)
      const violations = await visitor.page.evaluate<readonly Violation[]>('axe.run().then(result => result.violations)')
      for (const { id, impact, help, nodes } of violations) {
        if (['serious', 'critical', 'moderate'].includes(impact)) found.push(`${where}: ${id} (${impact}) ${help}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`)
      }
    }
    for (const [where, path] of Object.entries(PLACES)) {
      await visitor.go(path)
      await visitor.page.locator('h1').waitFor()
      await visitor.page.locator('.skeleton').first().waitFor({ state: 'detached' })
      await look(where)
    }
    await visitor.page.getByRole('button', { name: 'Use this version' }).click()
    await look('how to use a version')
    await visitor.page.keyboard.press('Escape')
    await visitor.page.getByRole('button', { name: /^Node/ }).click()
    await look('the node')
    const { faults } = visitor
    await visitor.leave()
    expect(found).toEqual([])
    expect(faults).toEqual([])
  }, 60_000)
})
