import { mkdirSync, writeFileSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { refOf, stage } from './stage.ts'

/** A version that is worked on: files come in, move and go, all of it seen live; compared, checked, published. */

const on = stage('--no-examples')

beforeAll(async () => {
  await on.seed('team/pets')
  await on.seed('team/letters')
  await on.client.versions.publish(refOf('team/letters'))
  await on.client.versions.create(refOf('team/letters'), { number: '1.1.0', mode: 'inherit' })
})

it('W3: shows new files and what happened while it is looked at', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/team/pets/versions/current')
  await page.getByText('3 entries').waitFor()
  await on.write('team/pets', 'new.txt', 'one\n')
  await page.getByRole('link', { name: 'new.txt', exact: true }).waitFor()
  await page.locator('.figures').getByText('4', { exact: true }).first().waitFor()
  await page.getByRole('link', { name: 'new.txt', exact: true }).click()
  await page.getByText('one', { exact: true }).waitFor()
  await on.write('team/pets', 'new.txt', 'another\n')
  await page.getByText('another', { exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Console' }).click()
  await page.getByText('changed files').first().waitFor()
  await on.client.versions.publish(refOf('team/pets'), { message: 'For the first model' })
  await page.getByText('For the first model').first().waitFor()
  await page.getByText('Published', { exact: true }).first().waitFor()
})

it('L2, A4: takes files and folders, with progress; pauses, goes on', async () => {
  const { page, visitor } = on
  mkdirSync(on.place.path('drop', 'photos', 'deep'), { recursive: true })
  for (let i = 0; i < 12; i++) writeFileSync(on.place.path('drop', 'photos', 'deep', `${i}.txt`), `photo ${i}\n`)
  await visitor.go('/datasets/team/letters/versions/1.1.0')
  await page.getByLabel('Files to upload').setInputFiles([{ name: 'new.txt', mimeType: 'text/plain', buffer: Buffer.from('new\n') }])
  await page.getByRole('region', { name: 'Uploads' }).getByText('1 file uploaded').waitFor()
  await page.getByRole('grid', { name: 'Files' }).getByText('new.txt').waitFor()
  await page.getByLabel('Folder to upload').setInputFiles(on.place.path('drop', 'photos'))
  await page.getByText('12 files uploaded').waitFor()
  await visitor.picture('uploads')
  await page.getByRole('link', { name: 'photos', exact: true }).click()
  await page.getByRole('link', { name: 'deep', exact: true }).click()
  await page.getByText('12 entries').waitFor()
  // A large file over a slow line: paused half way, it goes on when asked.
  const session = await page.context().newCDPSession(page)
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 600_000 })
  await page.getByLabel('Files to upload').setInputFiles([{ name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(2_500_000, 'shoal') }])
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('Paused: 0 of 1 file').waitFor()
  await visitor.picture('uploads-paused')
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('1 file uploaded').waitFor()
  expect(await on.client.files.stat({ ...refOf('team/letters'), version: '1.1.0' }, 'photos/deep/large.bin')).toMatchObject({ size: 2_500_000 })
})

it('L2: files dropped in, folders made, renamed, moved and removed; each can be taken back', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/team/letters/versions/1.1.0')
  const grid = page.getByRole('grid', { name: 'Files' })
  await grid.getByText('rows.csv').waitFor()
  await page.evaluate(`(() => {
    const data = new DataTransfer()
    data.items.add(new File(['dropped'], 'dropped.txt'))
    const zone = document.querySelector('.drop-zone')
    for (const type of ['dragenter', 'dragover', 'drop']) zone.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }))
  })()`)
  await grid.getByText('dropped.txt').waitFor()
  await page.getByRole('button', { name: 'New folder' }).click()
  await on.dialog('New folder').getByLabel('Name').fill('old')
  await page.getByRole('button', { name: 'Create folder' }).click()
  await grid.getByRole('link', { name: 'old', exact: true }).waitFor()
  await on.menu('dropped.txt', 'Rename')
  await page.getByLabel('New name').fill('kept.txt')
  await page.getByRole('button', { name: 'Rename' }).click()
  await grid.getByText('kept.txt').waitFor()
  await page.getByRole('checkbox', { name: 'Choose kept.txt' }).check()
  await page.getByRole('button', { name: 'Move', exact: true }).click()
  await page.getByLabel('Into the folder').fill('old')
  await on.dialog('Move kept.txt').getByRole('button', { name: 'Move' }).click()
  await grid.getByText('kept.txt').waitFor({ state: 'detached' })
  await on.menu('old', 'Remove')
  await grid.getByRole('link', { name: 'old', exact: true }).waitFor({ state: 'detached' })
  await page.getByRole('region', { name: 'Notices' }).getByText('Removed old').locator('..').getByRole('button', { name: 'Undo' }).click()
  await grid.getByRole('link', { name: 'old', exact: true }).waitFor()
  await page.getByRole('link', { name: 'old', exact: true }).click()
  await page.getByRole('grid', { name: 'Files in old' }).getByText('kept.txt').waitFor()
})

it('W2: what changed against any version: a tree with sizes, rows and lines side by side', async () => {
  await on.write('team/letters', 'rows.csv', 'id,kind,weight\n1,cat,4.5\n2,dog,9\n4,hen,2\n', '1.1.0')
  await on.write('team/letters', 'README.md', '# Data\n\nSecond line.\n', '1.1.0')
  const { page, visitor } = on
  await visitor.go('/datasets/team/letters/versions/1.1.0?tab=changes')
  await page.getByRole('treeitem', { name: /photos/ }).waitFor()
  await page.getByRole('treeitem', { name: /rows\.csv/ }).click()
  const rows = page.getByRole('region', { name: 'Rows that differ' })
  await rows.getByText('hen').waitFor()
  expect(await page.locator('.diff-sum').innerText()).toMatch(/\+1 row\s+~1 row\s+−1 row/)
  expect(await rows.locator('tr.is-modified del').innerText()).toBe('4')
  await visitor.picture('changes-rows')
  await page.getByRole('treeitem', { name: /README/ }).click()
  await page.getByRole('region', { name: 'Lines that differ' }).getByText('Second line.').waitFor()
  expect(visitor.place()).toMatch(/tab=changes&file=README\.md/)
  await page.getByRole('button', { name: /modified/ }).click()
  await page.getByRole('treeitem', { name: /README/ }).waitFor({ state: 'detached' })
})

it('K7: is checked byte by byte, and its folders are counted', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/team/letters/versions/1.1.0?tab=quality')
  await page.getByRole('region', { name: 'Class balance' }).getByText('deep', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Verify now' }).click()
  await page.getByText(/^Whole: /).waitFor()
  await visitor.picture('quality')
})

it('L3: is published with its checks, and sealed from then on', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/team/letters/versions/1.1.0')
  await page.getByRole('button', { name: 'Publish' }).click()
  const form = on.dialog('Publish team/letters')
  await form.getByLabel('Number').fill('1.0.0')
  await form.getByText('1.0.0 is published already').waitFor()
  await form.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('It was not published').waitFor()
  await page.getByRole('button', { name: 'Back' }).click()
  await form.getByLabel('Number').fill('1.2.0')
  await form.getByLabel('Message').fill('For the second model')
  await visitor.picture('publish')
  await form.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('is sealed').waitFor()
  await visitor.picture('published')
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Publish' }).waitFor({ state: 'detached' })
  expect(await page.getByRole('button', { name: 'Upload files' }).count()).toBe(0)
  expect(visitor.place()).toBe('/datasets/team/letters/versions/1.2.0')
})
