import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { violations } from '../browser/axe.ts'
import { stage } from '../browser/stage.ts'

/**
 * Whether everybody can use every place of the page: what axe-core finds wrong with it, light and dark, and what is cut off on a phone.
 * With SHOAL_SHOTS naming a folder, each place is kept there in pictures: light and dark, wide and narrow.
 */

const on = stage()
const WIDE = { width: 1360, height: 900 }
const NARROW = { width: 390, height: 844 }

const shapes = '/datasets/examples/shapes'
const tables = '/datasets/examples/tables/versions/1.0.0'
const PLACES: Readonly<Record<string, string>> = {
  'datasets': '/', 'nothing-found': '/?q=nothing-at-all', 'archive': '/?archived=true', 'create': '/?create=true',
  'dataset': shapes, 'graph': `${shapes}?view=graph`, 'edit': `${shapes}/versions/1.1.0`,
  'version': `${shapes}/versions/1.0.0`, 'gallery': `${shapes}/versions/1.0.0?tab=preview`, 'overlay': `${shapes}/versions/1.0.0?tab=preview&file=train%2F0003.png`,
  'table': `${tables}?tab=preview&file=penguins.json`, 'quality': `${shapes}/versions/1.0.0?tab=quality`, 'console': `${shapes}/versions/1.0.0?tab=console`,
  'changes': `${shapes}/versions/1.1.0?tab=changes&file=README.md`, 'changed-picture': `${shapes}/versions/1.1.0?tab=changes&file=train%2F0061.png`,
  'team': '/team', 'invite': '/team?invite=true', 'join': '/team?join=true', 'activity': '/activity', 'settings': '/settings', 'nowhere': '/nowhere'
}
/** Windows are as tall as the screen; all else is photographed from top to bottom. */
const WINDOWS = ['create', 'invite', 'join']

beforeAll(() => on.examples())

async function settled(page: Page, name: string): Promise<void> {
  await page.locator('h1').first().waitFor()
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  if (name === 'graph') await page.locator('.lineage-node').first().waitFor()
}

it('issue 5: axe-core finds nothing at any place, light or dark; nothing is cut off on a phone', async () => {
  const { page, visitor } = on
  const found: string[] = []
  /** What is drawn anew when the window or its colours change is so after a few frames. */
  const drawn = (): Promise<unknown> => page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))')
  const recolour = async (colorScheme: 'light' | 'dark'): Promise<void> => {
    await page.emulateMedia({ colorScheme })
    // Colours that are inherited are else looked up now and then before they are new.
    await page.evaluate('document.body.hidden = true; document.body.offsetHeight; document.body.hidden = false')
    await drawn()
  }
  const reshape = async (size: typeof WIDE): Promise<void> => {
    await page.setViewportSize(size)
    await drawn()
  }
  const look = async (name: string): Promise<void> => {
    const tell = (where: string, what: readonly string[]): void => { found.push(...what.map(one => `${name}, ${where}: ${one}`)) }
    tell('light', await violations(page))
    await visitor.picture(`${name}-light-wide`, { full: !WINDOWS.includes(name) })
    await recolour('dark')
    tell('dark', await violations(page, ['color-contrast']))
    await visitor.picture(`${name}-dark-wide`, { full: !WINDOWS.includes(name) })
    await reshape(NARROW)
    await visitor.picture(`${name}-dark-narrow`, { full: !WINDOWS.includes(name) })
    await recolour('light')
    await visitor.picture(`${name}-light-narrow`, { full: !WINDOWS.includes(name) })
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    if (overflow !== 0) tell('narrow', [`wider than the window by ${overflow}`])
    await reshape(WIDE)
  }
  for (const [name, path] of Object.entries(PLACES)) {
    await visitor.go(path)
    await settled(page, name)
    await look(name)
  }
  await visitor.go(`${shapes}/versions/1.0.0`)
  await page.getByRole('button', { name: 'Use this version' }).click()
  await look('use')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: /^Node/ }).click()
  await look('node')
  expect(found).toEqual([])
}, 120_000)
