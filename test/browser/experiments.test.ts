import { beforeAll, expect, it } from 'vitest'
import { review } from './review.ts'
import { refOf, stage } from './stage.ts'

/** Who uses a dataset: runs of scripts, reads and downloads, and what cannot be deleted while they run. */

const on = stage('--no-examples')
const at = '/datasets/lab/cells'

beforeAll(async () => {
  const { client } = on
  const dataset = refOf('lab/cells')
  await client.datasets.create({ ...dataset, type: 'image' })
  await on.write('lab/cells', 'train/a.txt', 'a')
  await client.versions.publish(dataset)
  await client.versions.create(dataset, { number: '1.1.0' })
})

it('K8: an empty page says how to register; runs come while it is looked at, with parameters and content hash', async () => {
  const { page, visitor } = on
  await visitor.go(`${at}/versions/1.0.0?tab=experiments`)
  await page.getByText('npx shoal use start lab/cells@1.0.0 --experiment "my first run"').waitFor()
  await page.getByText('Nobody has used it in the last 30 days.').waitFor()
  await visitor.picture('experiments-empty')
  const { experiments } = on.client
  const first = await experiments.start({ name: 'baseline', tool: 'train.py', settings: { epochs: 30, rate: 0.001 }, versions: ['lab/cells@1.0.0'] })
  await experiments.finish(first.id, { end: 'failed', message: 'out of memory' })
  await experiments.start({ name: 'resnet run 7', versions: ['lab/cells@1.0.0'] })
  const table = page.getByRole('region', { name: 'Runs' })
  await table.getByRole('row', { name: /resnet run 7/ }).getByText('running').waitFor()
  const failed = table.getByRole('row', { name: /baseline/ })
  await failed.getByText('out of memory').waitFor()
  await failed.getByText('Parameters').click()
  await failed.getByText('"epochs": 30').waitFor()
  await failed.getByRole('link', { name: '1.0.0' }).waitFor()
})

it('K8: reads, downloads and experiments over time, as charts and as a table; of a version and of the dataset', async () => {
  for (let i = 0; i < 3; i++) await (await fetch(`${on.node.url}/api/v1${at}/versions/1.0.0/files/train/a.txt`)).arrayBuffer()
  await (await fetch(`${on.node.url}/api/v1${at}/versions/1.0.0/archive.tar`)).arrayBuffer()
  const { page, visitor } = on
  await visitor.go(`${at}/versions/1.0.0?tab=experiments`)
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
  const { page, visitor } = on
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
})

it('issue 5: experiments and use in light and dark, wide and narrow', async () => {
  await review(on.browser, on.node.url, `${at}/versions/1.0.0?tab=experiments`, 'experiments', ({ page }) => page.getByText('resnet run 7').waitFor())
  await review(on.browser, on.node.url, at, 'dataset-use', ({ page }) => page.getByText('resnet run 7').waitFor())
}, 60_000)
