import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** What is fine needs no telling, and what is not is known by its HTML. */
const QUICK = { resultTypes: ['violations'], selectors: false }
/** Places named of one violation: the others are alike. */
const NAMED_PLACES = 3

interface Violation { readonly id: string, readonly impact: string, readonly help: string, readonly nodes: readonly { readonly html: string, readonly failureSummary: string }[] }

/**
 * What axe-core finds wrong with what is shown now, a line each.
 * @param rules none: all of them; in other colours only the contrast can be another
 */
export async function violations(page: Page, rules: readonly string[] = []): Promise<string[]> {
  await page.evaluate(AXE)
  const options = { ...QUICK, ...rules.length === 0 ? {} : { runOnly: rules } }
  const found = await page.evaluate<readonly Violation[]>(`axe.run(${JSON.stringify(options)}).then(result => result.violations)`)
  return found.map(({ id, impact, help, nodes }) => `${id} (${impact}) ${help}: ${nodes.slice(0, NAMED_PLACES).map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join(' | ')}`)
}
