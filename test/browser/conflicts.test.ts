import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Client, createClient } from '../../src/http/index.ts'
import { startChromium } from '../support/chromium.ts'
import { type RunningNode, scratch, shoalJson, startNode } from '../support/shoal.ts'
import { review } from './review.ts'
import { visit } from './visitor.ts'

/** Two machines of one team change the same files apart; the page of one decides, the other sees it. */

const place = scratch()
const [one, two] = [place.path('one'), place.path('two')]
const draft = { namespace: 'vision', name: 'pets' }
let nodes: RunningNode[] = []
let browser: Browser

/** Always on the same port, so that the two find each other again. */
const startAt = (home: string): Promise<RunningNode> => startNode(home, '--no-examples', '--listen', `/ip4/127.0.0.1/tcp/${ports.get(home)}`)
const ports = new Map<string, number>()

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const clientOf = (i: number): Client => createClient({ baseUrl: nodes[i]?.url ?? '' })
const read = async (i: number, path: string): Promise<string> => await (await fetch(`${nodes[i]?.url}/api/v1/datasets/vision/pets/versions/current/files/${encodeURIComponent(path)}`)).text()

const RED = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const BLUE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

/** Both write the same paths, without hearing of each other. */
beforeAll(async () => {
  for (const home of [one, two]) ports.set(home, await freePort());
  [nodes, browser] = await Promise.all([Promise.all([startAt(one), startAt(two)]), startChromium()])
  const client = clientOf(0)
  await client.datasets.create({ ...draft, type: 'image' })
  const write = async (path: string, bytes: Uint8Array): Promise<unknown> => await client.files.write(draft, path, bytes)
  for (const path of ['labels.csv', 'notes.txt', 'photo.png', 'gone.txt']) await write(path, Buffer.from('first'))
  const { invite } = await shoalJson<{ invite: string }>(one, 'invite')
  await shoalJson(two, 'join', invite)
  await vi.waitUntil(async () => (await fetch(`${nodes[1]?.url}/api/v1/datasets/vision/pets`)).ok, { timeout: 30_000, interval: 250 })
  await shoalJson(two, 'keep', 'vision/pets', 'all')
  await vi.waitUntil(async () => await read(1, 'gone.txt').catch(() => '') === 'first', { timeout: 30_000, interval: 250 })
  await nodes[1]?.stop()
  await write('labels.csv', Buffer.from('name,kind\na.png,cat\nb.png,dog\n'))
  await write('notes.txt', Buffer.from('the cat is grey\nthe dog is old\n'))
  await write('photo.png', Buffer.from(RED, 'base64'))
  await client.files.edit(draft, [{ op: 'remove', path: 'gone.txt' }])
  await nodes[0]?.stop()
  nodes[1] = await startAt(two)
  const other = clientOf(1)
  await other.files.write(draft, 'labels.csv', Buffer.from('name,kind\na.png,cat\nb.png,wolf\n'))
  await other.files.write(draft, 'notes.txt', Buffer.from('the cat is white\nthe dog is old\n'))
  await other.files.write(draft, 'photo.png', Buffer.from(BLUE, 'base64'))
  nodes[0] = await startAt(one)
}, 120_000)
afterAll(async () => {
  await browser?.close()
  for (const node of nodes) await node.stop()
  place.clear()
})

it('S3: shows what two machines changed apart, side by side, and decides with one click', async () => {
  const visitor = await visit(browser, nodes[0]?.url ?? '')
  const { page } = visitor
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
  await page.getByText('Taken back').waitFor()
  expect((await clientOf(0).files.list(draft)).items.filter(item => item.path.startsWith('photo'))).toHaveLength(2)

  await page.getByRole('button', { name: /^notes\.txt/ }).click()
  await detail.getByRole('region', { name: 'Lines that differ' }).getByText('the cat is white').waitFor()
  await detail.getByRole('article', { name: 'This machine' }).getByRole('button', { name: 'Take this' }).click()
  await page.getByText('1 path', { exact: true }).waitFor()
  await detail.getByRole('button', { name: 'Keep both' }).click()
  await page.getByRole('heading', { name: 'Nothing is open' }).waitFor()
  await expect.poll(async () => (await fetch(`${nodes[1]?.url}/api/v1/datasets/vision/pets/versions/current/conflicts`)).json(), { timeout: 30_000, interval: 250 }).toEqual({ items: [] })
  expect(await read(1, 'notes.txt')).toBe('the cat is grey\nthe dog is old\n')
  expect(visitor.faults).toEqual([])
  await visitor.leave()
}, 90_000)

it('issue 5: nothing left to decide looks right, too', async () => {
  await review(browser, nodes[0]?.url ?? '', '/datasets/vision/pets/versions/current?tab=conflicts', 'conflicts-none', ({ page }) => page.getByRole('heading', { name: 'Nothing is open' }).waitFor())
}, 60_000)
