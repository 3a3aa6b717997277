import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Client, createClient } from '../../src/http/index.ts'
import { startChromium } from '../support/chromium.ts'
import { type RunningNode, scratch, startNode } from '../support/shoal.ts'
import { expectAccessible } from './review.ts'
import { type Visitor, visit } from './visitor.ts'

/** A4 in a real browser: large files that go on where they broke off, whatever happens on the way. */

const place = scratch()
const draft = { namespace: 'lab', name: 'scans' }
let port: number
let node: RunningNode
let browser: Browser
let client: Client
let visitor: Visitor

const start = (): Promise<RunningNode> => startNode(place.path('home'), '--no-examples', '--port', String(port))

beforeAll(async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  server.close()
  await once(server, 'close');
  [node, browser] = await Promise.all([start(), startChromium()])
  client = createClient({ baseUrl: node.url })
  await client.datasets.create({ ...draft, type: 'others' })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await node?.stop()
  place.clear()
})
beforeEach(async () => {
  visitor = await visit(browser, node.url)
  await visitor.go('/datasets/lab/scans/versions/current')
  await visitor.page.getByRole('button', { name: 'Upload files' }).waitFor()
})
afterEach(async () => {
  const { faults } = visitor
  await visitor.leave()
  expect(faults).toEqual([])
})

const MIB = 1024 * 1024

function file(name: string, size: number): { path: string, bytes: Buffer } {
  const bytes = randomBytes(size)
  writeFileSync(place.path(name), bytes)
  return { path: place.path(name), bytes }
}

/** @param rate bytes a second up the line; undefined: as fast as it goes */
async function line(page: Page, rate: number | undefined): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: rate ?? -1 })
}

const stored = async (path: string): Promise<Buffer> => Buffer.from(await (await fetch(`${node.url}/api/v1/datasets/lab/scans/versions/current/files/${path}`)).arrayBuffer())
const panel = (page: Page) => page.getByRole('region', { name: 'Uploads' })

it('A4: goes on by itself when the node was killed and started again', async () => {
  const { page } = visitor
  const { path, bytes } = file('scan.raw', 24 * MIB)
  await line(page, 6 * MIB)
  await page.getByLabel('Files to upload').setInputFiles(path)
  await panel(page).getByText(/^[2-5]\d %$/).waitFor()
  await node.kill()
  await line(page, undefined)
  node = await start()
  await panel(page).getByText('1 file uploaded').waitFor({ timeout: 30_000 })
  expect(Buffer.compare(await stored('scan.raw'), bytes)).toBe(0)
  // The browser reports every request that the dead node did not answer.
  visitor.forgive(/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|ERR_SOCKET|404|409/)
}, 60_000)

it('A4: a large file goes in parts at once; after the page was loaded anew, only what is missing is sent', async () => {
  const { page } = visitor
  const { path, bytes } = file('volume.raw', 64 * MIB)
  const sent = { begun: 0 }
  page.on('request', request => {
    if (request.method() === 'POST' && request.url().endsWith('/uploads') && request.headers()['upload-concat'] === 'partial') sent.begun++
  })
  await line(page, 24 * MIB)
  await page.getByLabel('Files to upload').setInputFiles(path)
  await panel(page).getByText(/^[3-7]\d %$/).waitFor()
  expect(sent.begun).toBe(2)
  await visitor.picture('upload-parts')
  await panel(page).getByRole('button', { name: 'Pause' }).click()
  await panel(page).getByText('Paused: 0 of 1 file').waitFor()
  await page.reload()
  const unfinished = page.getByRole('complementary', { name: 'Unfinished uploads' })
  await unfinished.getByText('volume.raw').waitFor()
  await unfinished.getByText(/^(?:[89]|[1-5]\d)(?:\.\d)? MiB of 64/).waitFor()
  await visitor.picture('upload-unfinished')
  await expectAccessible(visitor)
  await line(page, undefined)
  await page.getByLabel('Files to go on with').setInputFiles(path)
  await panel(page).getByText('1 file uploaded').waitFor({ timeout: 30_000 })
  await unfinished.waitFor({ state: 'detached' })
  expect(sent.begun).toBe(2)
  expect(Buffer.compare(await stored('volume.raw'), bytes)).toBe(0)
}, 60_000)

it('A4: what is cancelled leaves nothing on the node; what is refused says why and can be tried again', async () => {
  const { page } = visitor
  const { path } = file('gone.raw', 12 * MIB)
  await line(page, 4 * MIB)
  await page.getByLabel('Files to upload').setInputFiles(path)
  await panel(page).getByText(/^[1-9]\d %$/).waitFor()
  await panel(page).getByRole('button', { name: 'Cancel gone.raw' }).click()
  await expect.poll(async () => (await (await fetch(`${node.url}/api/v1/uploads`)).json() as { items: { file: unknown, metadata: { path?: string } }[] }).items.filter(item => item.metadata.path === 'gone.raw'), { timeout: 10_000 }).toEqual([])
  await line(page, undefined)
  // A folder stands where the file should go.
  await client.files.write(draft, 'late.raw/inside.txt', Buffer.from('a folder of that name'))
  const late = file('late.raw', 9 * MIB)
  await page.getByLabel('Files to upload').setInputFiles(late.path)
  await panel(page).getByText('1 file failed').waitFor()
  await visitor.picture('upload-refused')
  visitor.forgive(/409|422/)
  await client.files.remove(draft, 'late.raw', { recursive: true })
  await panel(page).getByRole('button', { name: 'Retry late.raw' }).click()
  await panel(page).getByText('1 file uploaded').waitFor({ timeout: 30_000 })
  expect(Buffer.compare(await stored('late.raw'), late.bytes)).toBe(0)
  visitor.forgive(/404|409|422/)
}, 60_000)
