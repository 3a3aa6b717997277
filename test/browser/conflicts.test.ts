import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Client, createClient } from '../../src/http/index.ts'
import { freePort } from '../support/free-port.ts'
import { type RunningNode, shoalJson, startNode } from '../support/shoal.ts'
import { review } from './review.ts'
import { refOf, stage } from './stage.ts'

/** Two machines of one team change the same files apart; the page of one decides, the other sees it. */

/** Always at the same place, so that the two find each other again. */
const listening = async (): Promise<string[]> => ['--no-examples', '--listen', `/ip4/127.0.0.1/tcp/${await freePort()}`]
const on = stage(...await listening())
const theirArgs = await listening()
const draft = refOf('vision/pets')
let other: RunningNode

const startOther = async (): Promise<void> => { other = await startNode(on.place.path('other'), ...theirArgs) }
const theirClient = (): Client => createClient({ baseUrl: other.url })
const read = async (node: RunningNode, path: string): Promise<string> => await (await fetch(`${node.url}/api/v1/datasets/vision/pets/versions/current/files/${encodeURIComponent(path)}`)).text()

/** Requests of the page wait until it is said that they go on. */
async function hold(page: Page, to: string): Promise<() => Promise<void>> {
  let goOn!: () => void
  const held = new Promise<void>(resolve => { goOn = resolve })
  await page.route(to, async route => {
    await held
    await route.continue()
  })
  return async () => {
    goOn()
    await page.unrouteAll({ behavior: 'wait' })
  }
}

const RED = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const BLUE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

/** Both write the same paths, without hearing of each other. */
beforeAll(async () => {
  await startOther()
  await on.client.datasets.create({ ...draft, type: 'image' })
  const write = (path: string, bytes: string | Uint8Array): Promise<void> => on.write('vision/pets', path, bytes)
  for (const path of ['labels.csv', 'notes.txt', 'photo.png', 'gone.txt']) await write(path, 'first')
  const { invite } = await shoalJson<{ invite: string }>(on.node.home, 'invite')
  await shoalJson(other.home, 'join', invite)
  await vi.waitUntil(async () => (await fetch(`${other.url}/api/v1/datasets/vision/pets`)).ok, { timeout: 30_000, interval: 250 })
  await shoalJson(other.home, 'keep', 'vision/pets', 'all')
  await vi.waitUntil(async () => await read(other, 'gone.txt').catch(() => '') === 'first', { timeout: 30_000, interval: 250 })
  await other.stop()
  await write('labels.csv', 'name,kind\na.png,cat\nb.png,dog\n')
  await write('notes.txt', 'the cat is grey\nthe dog is old\n')
  await write('photo.png', Buffer.from(RED, 'base64'))
  await on.client.files.edit(draft, [{ op: 'remove', path: 'gone.txt' }])
  await on.node.stop()
  await startOther()
  const theirs = theirClient()
  await theirs.files.write(draft, 'labels.csv', Buffer.from('name,kind\na.png,cat\nb.png,wolf\n'))
  await theirs.files.write(draft, 'notes.txt', Buffer.from('the cat is white\nthe dog is old\n'))
  await theirs.files.write(draft, 'photo.png', Buffer.from(BLUE, 'base64'))
  await on.start()
}, 120_000)
afterAll(() => other?.stop())

it('S3: shows what two machines changed apart, side by side, and decides with one click', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/vision/pets/versions/current')
  // It comes while it is looked at, as soon as the two have met.
  await page.getByText('3 paths of this draft were changed apart').waitFor({ timeout: 40_000 })
  await page.getByRole('link', { name: 'Decide' }).click()
  expect(visitor.place()).toBe('/datasets/vision/pets/versions/current?tab=conflicts')
  const detail = page.getByRole('region', { name: /^Conflict of/ })
  await detail.getByRole('article', { name: 'This machine' }).waitFor()
  await detail.getByRole('region', { name: 'Rows that differ' }).getByText('wolf').waitFor()
  await visitor.picture('conflict-table', { full: true })
  await page.getByRole('button', { name: /^photo\.png/ }).click()
  expect(visitor.place()).toMatch(/tab=conflicts&file=photo\+%28conflict/)
  await visitor.until(`[...document.querySelectorAll('.side img')].filter(image => image.complete && image.naturalWidth === 1).length === 2`)
  await page.reload()
  await page.getByRole('heading', { level: 2, name: 'photo.png' }).waitFor()

  // Publishing says what is open, and where.
  await page.getByRole('button', { name: 'Publish', exact: true }).click()
  await page.getByText('3 paths were changed apart; decide under Conflicts first').waitFor()
  await page.keyboard.press('Escape')

  await detail.getByRole('article', { name: 'The other' }).getByRole('button', { name: 'Take this' }).click()
  await page.getByText('Decided about photo.png').waitFor()
  await page.getByText('2 paths', { exact: true }).waitFor()
  const photo = Buffer.from(await (await fetch(`${visitor.url}/api/v1/datasets/vision/pets/versions/current/files/photo.png`)).arrayBuffer())
  expect(photo.toString('base64')).toBe(BLUE)
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('photo.png is open again').waitFor()
  await page.getByText('3 paths', { exact: true }).waitFor()
  expect((await on.client.files.list(draft)).items.filter(item => item.path.startsWith('photo'))).toHaveLength(2)
  await page.getByRole('group', { name: 'Decide about all' }).getByRole('button', { name: 'Keep both' }).click()
  await page.getByRole('heading', { name: 'Nothing is open' }).waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('3 paths are open again').waitFor()
  await page.getByRole('button', { name: /^photo\.png/ }).click()
  const goOn = await hold(page, '**/conflicts')
  await detail.getByRole('button', { name: 'Keep both' }).click()
  // Whoever looks at the next one before the answer is there stays with it.
  await page.getByRole('button', { name: /^notes\.txt/ }).click()
  await goOn()
  await page.getByText('2 paths', { exact: true }).waitFor()

  await detail.getByRole('region', { name: 'Lines that differ' }).getByText('the cat is white').waitFor()
  await detail.getByRole('article', { name: 'This machine' }).getByRole('button', { name: 'Take this' }).click()
  await page.getByText('1 path', { exact: true }).waitFor()
  await detail.getByRole('button', { name: 'Keep both' }).click()
  await page.getByRole('heading', { name: 'Nothing is open' }).waitFor()
  await expect.poll(async () => (await fetch(`${other.url}/api/v1/datasets/vision/pets/versions/current/conflicts`)).json(), { timeout: 30_000, interval: 250 }).toEqual({ items: [] })
  expect(await read(other, 'notes.txt')).toBe('the cat is grey\nthe dog is old\n')
}, 90_000)

it('issue 5: nothing left to decide looks right, too', async () => {
  await review(on.browser, on.node.url, '/datasets/vision/pets/versions/current?tab=conflicts', 'conflicts-none', ({ page }) => page.getByRole('heading', { name: 'Nothing is open' }).waitFor())
}, 60_000)
