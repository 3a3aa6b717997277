import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Client, createClient } from '../../src/http/index.ts'
import { startChromium } from '../support/chromium.ts'
import { type RunningNode, scratch, startNode } from '../support/shoal.ts'
import { review } from './review.ts'
import { type Visitor, visit } from './visitor.ts'

/** Who uses a dataset: runs of scripts, reads and downloads, and what cannot be deleted while they run. */

const place = scratch()
let node: RunningNode
let browser: Browser
let client: Client
let visitor: Visitor

const at = '/datasets/lab/cells'
const post = async (path: string, body: unknown): Promise<{ id: string }> => {
  const response = await fetch(`${node.url}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(response.status).toBeLessThan(300)
  return await response.json() as { id: string }
}

beforeAll(async () => {
  [node, browser] = await Promise.all([startNode(place.path('home'), '--no-examples'), startChromium()])
  client = createClient({ baseUrl: node.url })
  const dataset = { namespace: 'lab', name: 'cells' }
  await client.datasets.create({ ...dataset, type: 'image' })
  await client.files.write(dataset, 'train/a.txt', Buffer.from('a'))
  await client.versions.publish(dataset)
  await client.versions.create(dataset, { number: '1.1.0' })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await node?.stop()
  place.clear()
})

it('K8: an empty page says how to register; runs come while it is looked at, with parameters and content hash', async () => {
  visitor = await visit(browser, node.url)
  const { page } = visitor
  await visitor.go(`${at}/versions/1.0.0?tab=experiments`)
  await page.getByText('npx shoal use start lab/cells@1.0.0 --experiment "my first run"').waitFor()
  await page.getByText('Nobody has used it in the last 30 days.').waitFor()
  await visitor.picture('experiments-empty')
  const first = await post('/experiments', { name: 'baseline', tool: 'train.py', settings: { epochs: 30, rate: 0.001 }, versions: ['lab/cells@1.0.0'] })
  await post(`/experiments/${first.id}/finish`, { end: 'failed', message: 'out of memory' })
  await post('/experiments', { name: 'resnet run 7', versions: ['lab/cells@1.0.0'] })
  const table = page.getByRole('region', { name: 'Runs' })
  await table.getByRole('row', { name: /resnet run 7/ }).getByText('running').waitFor()
  const failed = table.getByRole('row', { name: /baseline/ })
  await failed.getByText('out of memory').waitFor()
  await failed.getByText('Parameters').click()
  await failed.getByText('"epochs": 30').waitFor()
  await failed.getByRole('link', { name: '1.0.0' }).waitFor()
})

it('K8: reads, downloads and experiments over time, as charts and as a table; of a version and of the dataset', async () => {
  for (let i = 0; i < 3; i++) await (await fetch(`${node.url}/api/v1${at}/versions/1.0.0/files/train/a.txt`)).arrayBuffer()
  await (await fetch(`${node.url}/api/v1${at}/versions/1.0.0/archive.tar`)).arrayBuffer()
  const { page } = visitor
  await page.reload()
  await page.getByRole('img', { name: /^Reads: at most 3, \d{4}-/ }).waitFor()
  await page.getByRole('img', { name: /^Downloads: at most 1, / }).waitFor()
  await page.getByRole('img', { name: /^Experiments: at most 2, / }).waitFor()
  await page.getByText('As a table').click()
  expect(await page.getByRole('region', { name: 'Use by day' }).getByRole('row').nth(1).innerText()).toMatch(/^\d{4}-\d\d-\d\d\s+1\s+3\s+2\s/)
  await page.getByRole('button', { name: '365 days' }).click()
  expect(visitor.place()).toMatch(/days=365/)
  await page.getByRole('img', { name: /^Reads: at most 3, \d{4}-\d\d-\d\d to / }).waitFor()
  await visitor.go(at)
  const use = page.getByRole('region', { name: 'Use', exact: true })
  await use.getByRole('row', { name: /resnet run 7/ }).waitFor()
  await use.getByRole('combobox', { name: 'Use of' }).selectOption('1.1.0')
  expect(visitor.place()).toBe(`${at}?used=1.1.0`)
  await use.getByText('Nobody has used it').waitFor()
})

it('K6: deleting what a running experiment uses is refused with its name, and archiving is offered', async () => {
  const { page } = visitor
  await visitor.go(at)
  await page.getByRole('button', { name: 'More about lab/cells' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  const ask = page.getByRole('dialog', { name: 'Delete lab/cells?' })
  await ask.getByText('“resnet run 7”').waitFor()
  expect(await ask.getByRole('button', { name: 'Delete for good' }).isDisabled()).toBe(true)
  await visitor.picture('delete-in-use')
  await ask.getByRole('button', { name: 'Archive it instead' }).click()
  await page.getByText('lab/cells is in the archive').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Archived', { exact: true }).waitFor({ state: 'detached' })
  expect(visitor.faults).toEqual([])
  await visitor.leave()
})

it('issue 5: experiments and use in light and dark, wide and narrow', async () => {
  await review(browser, node.url, `${at}/versions/1.0.0?tab=experiments`, 'experiments', ({ page }) => page.getByText('resnet run 7').waitFor())
  await review(browser, node.url, at, 'dataset-use', ({ page }) => page.getByText('resnet run 7').waitFor())
}, 60_000)
