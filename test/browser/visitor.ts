import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'

/** Somebody who looks at the page of a node, and notices everything that should never happen. */
export interface Visitor {
  readonly page: Page
  readonly url: string
  /** Goes to an address of the page. */
  go(path: string): Promise<void>
  /** Where the browser is: path and query. */
  place(): string
  /** Waits until an expression of JavaScript holds on the page. (Playwright's own way needs eval, which the page's policy forbids.) */
  until(expression: string): Promise<void>
  /** Keeps a picture of what is seen in the folder SHOAL_SHOTS, for people to look at. */
  picture(name: string, options?: { full?: boolean }): Promise<void>
  /** What should not have happened: errors, dialogs, requests to other hosts. */
  readonly faults: readonly string[]
  /** Takes faults away that had to be; fails where there is another. */
  forgive(expected: RegExp): void
  leave(): Promise<void>
}

export interface Looks { readonly dark?: boolean, readonly width?: number, readonly height?: number, readonly locale?: string }

/** Nothing on the page of a node of this machine takes longer, however busy it is. Milliseconds. */
const WITHIN_MS = 15_000
/** Where pictures go, for people to look at; nowhere where it is not said. */
const PICTURES = process.env['SHOAL_SHOTS']

export async function visit(browser: Browser, url: string, { dark = false, width = 1360, height = 900, locale = 'en-GB' }: Looks = {}): Promise<Visitor> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce', locale, timezoneId: 'UTC', acceptDownloads: true
  })
  context.setDefaultTimeout(WITHIN_MS)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', error => faults.push(`error: ${error.message}`))
  page.on('dialog', dialog => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', request => {
    if (new URL(request.url()).hostname !== '127.0.0.1') faults.push(`request to another host: ${request.url()}`)
  })
  if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true })
  return {
    page,
    url,
    faults,
    forgive: expected => expect(faults.splice(0).filter(fault => !expected.test(fault))).toEqual([]),
    go: async path => { await page.goto(url + path) },
    place: () => page.url().slice(url.length),
    until: async expression => { await expect.poll(() => page.evaluate(expression), { timeout: WITHIN_MS, message: expression }).toBe(true) },
    picture: async (name, { full = false } = {}) => {
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: full })
    },
    leave: async () => { await context.close() }
  }
}
