import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { expectAccessible } from '../browser/review.ts'
import { refOf, stage } from '../browser/stage.ts'

/** A4 in a real browser: large files that go on where they broke off, whatever happens on the way. */

const on = stage('--no-examples')
const draft = refOf('lab/scans')

beforeAll(() => on.client.datasets.create({ ...draft, type: 'others' }))
beforeEach(async () => {
  await on.visitor.go('/datasets/lab/scans/versions/current')
  await on.page.getByRole('button', { name: 'Upload files' }).waitFor()
})

const MIB = 1024 * 1024

function file(name: string, size: number): { path: string, bytes: Buffer } {
  const bytes = randomBytes(size)
  writeFileSync(on.place.path(name), bytes)
  return { path: on.place.path(name), bytes }
}

/** @param rate bytes a second up the line; undefined: as fast as it goes */
async function line(page: Page, rate: number | undefined): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: rate ?? -1 })
}

const stored = async (path: string): Promise<Buffer> => Buffer.from(await (await fetch(`${on.node.url}/api/v1/datasets/lab/scans/versions/current/files/${path}`)).arrayBuffer())
const panel = (page: Page) => page.getByRole('region', { name: 'Uploads' })

it('A4: goes on by itself when the node was killed and started again', async () => {
  const { page, visitor } = on
  const { path, bytes } = file('scan.raw', 24 * MIB)
  await line(page, 6 * MIB)
  await page.getByLabel('Files to upload').setInputFiles(path)
  await panel(page).getByText(/^[2-5]\d %$/).waitFor()
  await on.node.kill()
  await line(page, undefined)
  await on.start()
  await panel(page).getByText('1 file uploaded').waitFor({ timeout: 30_000 })
  expect(Buffer.compare(await stored('scan.raw'), bytes)).toBe(0)
  // The browser reports every request that the dead node did not answer.
  visitor.forgive(/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|ERR_SOCKET|404|409/)
}, 60_000)

it('A4: a large file goes in parts at once; after the page was loaded anew, only what is missing is sent', async () => {
  const { page, visitor } = on
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

it('A4: what was broken off can be given up: nothing of it stays on the node', async () => {
  const { page, visitor } = on
  const uploads = async (): Promise<number> => (await (await fetch(`${on.node.url}/api/v1/uploads`)).json() as { items: { metadata: { path?: string } }[] }).items.filter(item => item.metadata.path === 'half.raw').length
  await line(page, 8 * MIB)
  await page.getByLabel('Files to upload').setInputFiles(file('half.raw', 12 * MIB).path)
  await panel(page).getByText(/^[2-7]\d %$/).waitFor()
  await panel(page).getByRole('button', { name: 'Pause' }).click()
  await panel(page).getByText('Paused: 0 of 1 file').waitFor()
  await page.reload()
  const unfinished = page.getByRole('complementary', { name: 'Unfinished uploads' })
  await unfinished.getByRole('button', { name: 'Give up' }).click()
  const ask = on.dialog('Give up 1 upload?')
  await ask.getByText(/^The [\d.]+ MiB that arrived of half\.raw are thrown away/).waitFor()
  await visitor.picture('upload-give-up')
  await ask.getByRole('button', { name: 'Cancel' }).click()
  await unfinished.getByText('half.raw').waitFor()
  expect(await uploads()).toBeGreaterThan(0)
  await unfinished.getByRole('button', { name: 'Give up' }).click()
  await ask.getByRole('button', { name: 'Give up' }).click()
  await unfinished.waitFor({ state: 'detached' })
  await page.getByText('1 upload given up').waitFor()
  expect(await uploads()).toBe(0)
})

it('A4: what is cancelled leaves nothing on the node; what is refused says why and can be tried again', async () => {
  const { page, visitor } = on
  const { path } = file('gone.raw', 12 * MIB)
  await line(page, 4 * MIB)
  await page.getByLabel('Files to upload').setInputFiles(path)
  await panel(page).getByText(/^[1-9]\d %$/).waitFor()
  await panel(page).getByRole('button', { name: 'Cancel gone.raw' }).click()
  await expect.poll(async () => (await (await fetch(`${on.node.url}/api/v1/uploads`)).json() as { items: { file: unknown, metadata: { path?: string } }[] }).items.filter(item => item.metadata.path === 'gone.raw'), { timeout: 10_000 }).toEqual([])
  await line(page, undefined)
  // A folder stands where the file should go.
  await on.write('lab/scans', 'late.raw/inside.txt', 'a folder of that name')
  const late = file('late.raw', 9 * MIB)
  await page.getByLabel('Files to upload').setInputFiles(late.path)
  await panel(page).getByText('1 file failed').waitFor()
  await visitor.picture('upload-refused')
  visitor.forgive(/409|422/)
  await on.client.files.remove(draft, 'late.raw', { recursive: true })
  await panel(page).getByRole('button', { name: 'Retry late.raw' }).click()
  await panel(page).getByText('1 file uploaded').waitFor({ timeout: 30_000 })
  expect(Buffer.compare(await stored('late.raw'), late.bytes)).toBe(0)
  visitor.forgive(/404|409|422/)
}, 60_000)
