import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { stage } from '../browser/stage.ts'

/** A newcomer looks around on a fresh node: the example datasets, in a real browser. */

const on = stage()

it('C12: finds the example datasets, marked as such, while they are being made', async () => {
  const { page, visitor } = on
  await visitor.go('/')
  for (const name of ['examples/shapes', 'examples/tables']) {
    const row = page.getByRole('article').filter({ hasText: name })
    await row.getByText('Example', { exact: true }).waitFor()
  }
  // Both versions are there once the last import has ended.
  await page.getByRole('article').filter({ hasText: 'examples/shapes' }).getByText('147 files').waitFor()
  await visitor.picture('datasets')
})

it('K2: goes from the list to a dataset with its three sections, to a version, to a file', async () => {
  const { page, visitor } = on
  await visitor.go('/')
  await page.getByRole('link', { name: 'examples/shapes' }).click()
  expect(visitor.place()).toBe('/datasets/examples/shapes')
  await page.getByRole('heading', { level: 1, name: 'Shapes: pictures with boxes and masks' }).waitFor()
  for (const section of ['Basic information', 'Configuration', 'Metadata']) await page.getByRole('region', { name: section }).waitFor()
  await page.getByRole('region', { name: 'Basic information' }).getByText('segmentation').waitFor()
  await page.getByRole('region', { name: 'Configuration' }).getByText('CC0-1.0').waitFor()
  await page.getByRole('region', { name: 'Data card' }).getByText('Drawn by Shoal from the seed').waitFor()
  await visitor.picture('dataset', { full: true })

  await page.getByRole('row', { name: /1\.0\.0/ }).getByRole('link', { name: '1.0.0' }).click()
  expect(visitor.place()).toBe('/datasets/examples/shapes/versions/1.0.0')
  await page.getByRole('grid', { name: 'Files' }).getByRole('link', { name: 'train' }).click()
  expect(visitor.place()).toBe('/datasets/examples/shapes/versions/1.0.0?folder=train')
  await page.getByText('48 entries').waitFor()
  await page.getByRole('link', { name: '0003.png', exact: true }).click()
  await page.getByText('192 × 144 pixels').waitFor()
  await visitor.picture('picture')
  await page.getByRole('button', { name: 'Next file' }).click()
  await page.getByRole('heading', { name: 'train/0004.png' }).waitFor()
  await page.goBack()
  await page.getByText('48 entries').waitFor()
  await page.goBack()
  await page.goBack()
  await page.getByRole('region', { name: 'Data card' }).waitFor()
})

it('W2: reads what a version is, and goes to its parent', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/examples/shapes/versions/1.1.0')
  const figures = page.locator('.figures')
  await figures.getByText('147').waitFor()
  await figures.getByText(/^[\d.]+ KiB stored$/).waitFor()
  expect((await figures.innerText()).replaceAll('\n', ' ')).toMatch(/Files 147 .*Changes added \+24 modified ~2 removed −0 .* against 1\.0\.0 Comes from 1\.0\.0/)
  await page.getByText('Draft', { exact: true }).waitFor()
  await page.getByText('12 pictures more.').waitFor()
  await page.locator('.figures').getByRole('link', { name: '1.0.0' }).click()
  await page.getByText('Published', { exact: true }).first().waitFor()
  await page.getByRole('region', { name: 'Mask labels' }).getByText('triangle').waitFor()
  await visitor.picture('version')
  await page.getByRole('combobox', { name: 'Version' }).selectOption({ label: '1.1.0 Current (draft)' })
  await page.waitForURL(/versions\/1\.1\.0$/)
})

it('W3: shows content, preview and console, and fills the window', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/examples/shapes/versions/1.0.0')
  const row = page.getByRole('row', { name: /README\.md/ })
  await row.waitFor()
  expect(await row.innerText()).toMatch(/README\.md\s+\d+ B\s+[0-9a-f]{12}/)
  await page.getByRole('tab', { name: 'Preview' }).click()
  await page.getByRole('link', { name: 'train/0001.png', exact: true }).waitFor()
  await visitor.until(`[...document.querySelectorAll('.thumbnail img')].slice(0, 5).every(image => image.complete && image.naturalWidth === 192)`)
  await visitor.picture('gallery')
  await page.getByRole('tab', { name: 'Console' }).click()
  expect(visitor.place()).toMatch(/\?tab=console$/)
  await page.getByText('published this version').waitFor()
  await visitor.picture('console')
  await page.getByRole('button', { name: 'Fill the window' }).click()
  expect(await page.locator('.panel.is-full').boundingBox()).toMatchObject({ x: 0, y: 0, height: 900 })
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Fill the window' }).waitFor()
})

it('K7: reads tables and texts of a version', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/examples/tables/versions/1.0.0?tab=preview')
  await page.getByRole('link', { name: /seattle-weather\.csv/ }).click()
  const table = page.getByRole('region', { name: 'Rows of the file' })
  await table.getByRole('columnheader', { name: 'temp_max' }).waitFor()
  expect(await table.getByRole('row').nth(1).innerText()).toMatch(/2012-01-01\s+0\.0\s+12\.8\s+5\.0\s+4\.7\s+drizzle/)
  await visitor.picture('table')
  await visitor.go('/datasets/examples/tables/versions/1.0.0?tab=preview&file=penguins.json')
  await table.getByRole('columnheader', { name: 'Flipper Length (mm)' }).waitFor()
  await page.getByText('344 rows, 7 columns').waitFor()
  await visitor.go('/datasets/examples/tables/versions/1.0.0?tab=preview&file=birdstrikes.csv')
  await page.getByText(/^The first [\d,]+ rows, \d+ columns$/).waitFor()
  await visitor.go('/datasets/examples/tables/versions/1.0.0?tab=preview&file=unemployment.tsv')
  await table.getByRole('columnheader', { name: 'rate' }).waitFor()
  await visitor.go('/datasets/examples/tables/versions/1.0.0?tab=preview&file=README.md')
  await page.getByRole('link', { name: 'FAA Wildlife Strike Database' }).waitFor()
})

it('L6: tells how to use a version elsewhere', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/examples/shapes/versions/1.0.0')
  await page.getByRole('button', { name: 'Use this version' }).click()
  await page.getByText('npx shoal checkout examples/shapes@1.0.0 ./shapes').waitFor()
  await page.getByRole('tab', { name: 'curl' }).click()
  const curl = await page.getByRole('figure', { name: 'curl' }).innerText()
  const address = /curl -fo README\.md (\S+)/.exec(curl)?.[1] ?? ''
  expect(await (await fetch(address)).text()).toMatch(/^# Shapes/)
  await page.getByRole('tab', { name: 'Python' }).click()
  await page.getByText(`version = "${on.node.url}/api/v1/datasets/examples/shapes/versions/1.0.0"`).waitFor()
  await visitor.picture('use')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

it('issue 5: keeps a chosen theme, without a flash of the other', async () => {
  const { page, visitor } = on
  await visitor.go('/')
  await page.getByRole('button', { name: /^Colours: as the system/ }).click()
  await page.getByRole('button', { name: /^Colours: light/ }).click()
  await page.reload({ waitUntil: 'commit' })
  await visitor.until(`document.documentElement.dataset.theme === 'dark'`)
  await page.getByRole('button', { name: /^Colours: dark/ }).waitFor()
})

it('issue 5: writes numbers and times as the reader does', async () => {
  const visitor = await on.change({ locale: 'de-DE' })
  await visitor.go('/datasets/examples/tables')
  await visitor.page.locator('.figures').getByText('2,8 MiB').waitFor()
})

it('issue 5: loads at first no more than 200 KB of scripts, compressed, and nothing from elsewhere', async () => {
  const { page, visitor } = on
  const scripts: Promise<number>[] = []
  page.on('response', response => {
    if (response.url().endsWith('.js')) scripts.push(response.body().then(body => gzipSync(body).length))
  })
  await visitor.go('/')
  await page.locator('.dataset').first().waitFor()
  const bytes = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0)
  console.log(`first load: ${scripts.length} scripts, ${bytes} bytes compressed`)
  expect(scripts.length).toBeGreaterThan(1)
  expect(bytes).toBeLessThan(200 * 1024)
})
