import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { expectAccessible } from './review.ts'
import { stage } from './stage.ts'

/** K4 in a real browser: what of a version is wanted, what that comes to, and that exactly this arrives. */

const on = stage('--no-examples')
const dataset = { namespace: 'lab', name: 'cells' }
const at = '/datasets/lab/cells/versions/1.0.0'

beforeAll(async () => {
  const { client } = on
  await client.datasets.create({ ...dataset, type: 'image' })
  const paths = ['train', 'val'].flatMap(split => ['cat', 'dog'].flatMap(kind => Array.from({ length: split === 'train' ? 10 : 2 }, (_, i) => `${split}/${kind}/${i}.txt`)))
  await Promise.all([...paths, 'README.md'].map(path => client.files.write(dataset, path, Buffer.from(`${path}\n`))))
  await client.files.edit(dataset, [{ op: 'link', path: 'far/away.jpg', url: 'https://example.org/away.jpg' }])
  await client.versions.publish(dataset)
}, 60_000)

const ask = (page: Page) => page.getByRole('dialog', { name: 'Download lab/cells@1.0.0' })

/** Names in a tar archive: at the start of each block of 512 bytes that a header is in. */
function namesIn(tar: Buffer): string[] {
  const names: string[] = []
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8)
    if (tar[at + 156] === 48) names.push(tar.toString('utf8', at, at + 100).replace(/\0.*$/s, ''))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return names.sort()
}

async function downloaded(page: Page): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent('download'), ask(page).getByRole('link', { name: 'Download' }).click()])
  await ask(page).waitFor({ state: 'detached' })
  return await readFile(await download.path())
}

it('K4: one archive of everything, of the open folder or of some splits, each with its size before', async () => {
  const { page, visitor } = on
  await visitor.go(at)
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  expect(visitor.place()).toBe(`${at}?download=true`)
  await ask(page).getByRole('status').getByText(/^25 files, [\d.]+ B$/).waitFor()
  await ask(page).getByRole('radio', { name: /^Some splits/ }).check()
  await ask(page).getByText('Choose at least one split').waitFor()
  await ask(page).getByRole('checkbox', { name: /^val/ }).check()
  await ask(page).getByRole('status').getByText(/^4 files, /).waitFor()
  await visitor.picture('download-splits')
  await expectAccessible(visitor)
  await ask(page).getByLabel('As', { exact: true }).selectOption('tar')
  expect(namesIn(await downloaded(page))).toEqual(['val/cat/0.txt', 'val/cat/1.txt', 'val/dog/0.txt', 'val/dog/1.txt'])
  await visitor.go(`${at}?folder=train/dog&download=true`)
  await ask(page).getByRole('radio', { name: 'Only train/dog/' }).isChecked()
  await ask(page).getByRole('status').getByText(/^10 files, /).waitFor()
  await ask(page).getByLabel('As', { exact: true }).selectOption('tar')
  expect(namesIn(await downloaded(page))).toHaveLength(10)
  await visitor.go(`${at}?folder=train/dog`)
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download 3.txt' }).click()])
  expect(await readFile(await file.path(), 'utf8')).toBe('train/dog/3.txt\n')
})

it('K4: a sample of each class alike, the same for the same seed; and only metadata', async () => {
  const { page, visitor } = on
  const sample = async (): Promise<string[]> => {
    await visitor.go(`${at}?download=true`)
    await ask(page).getByRole('radio', { name: /^A sample/ }).check()
    await ask(page).getByRole('textbox', { name: 'Seed' }).fill('7')
    await ask(page).getByRole('textbox', { name: 'How many' }).fill('none')
    await ask(page).getByText('Write a count of files such as 100').waitFor()
    await ask(page).getByRole('textbox', { name: 'How many' }).fill('4')
    await ask(page).getByRole('combobox', { name: 'Out of' }).selectOption('train')
    await ask(page).getByRole('status').getByText(/^4 files, /).waitFor()
    await ask(page).getByLabel('As', { exact: true }).selectOption('tar')
    return namesIn(await downloaded(page))
  }
  const [first, second] = [await sample(), await sample()]
  expect(second).toEqual(first)
  expect(first.filter(name => name.startsWith('train/cat/'))).toHaveLength(2)
  expect(first.filter(name => name.startsWith('train/dog/'))).toHaveLength(2)
  await visitor.go(`${at}?download=true`)
  await ask(page).getByRole('radio', { name: /^Only metadata/ }).check()
  await ask(page).getByLabel('As', { exact: true }).selectOption('tar')
  expect(namesIn(await downloaded(page))).toContain('README.md')
})

it('K4: the original files, written into a folder that is chosen; where that can not be, the command that can', async () => {
  const { page, visitor } = on
  // The window that asks for a folder is the system's own: the browser's private file system stands in for what was chosen there.
  await page.addInitScript('window.showDirectoryPicker = () => navigator.storage.getDirectory()')
  await visitor.go(`${at}?download=true`)
  await ask(page).getByLabel('As', { exact: true }).selectOption('files')
  await ask(page).getByRole('button', { name: 'Choose a folder' }).click()
  await ask(page).getByText(/Wrote 25 files, [\d.]+ B into the folder\. 1 link left out/).waitFor()
  await visitor.picture('download-files')
  const text = await page.evaluate(`(async () => { let at = await navigator.storage.getDirectory(); for (const name of ['train', 'dog']) at = await at.getDirectoryHandle(name); return await (await (await at.getFileHandle('9.txt')).getFile()).text() })()`)
  expect(text).toBe('train/dog/9.txt\n')
  const narrow = await on.change({ width: 390, height: 844, dark: true })
  await narrow.page.addInitScript('delete window.showDirectoryPicker')
  await narrow.go(`${at}?download=true`)
  await ask(narrow.page).getByRole('radio', { name: /^A sample/ }).check()
  await ask(narrow.page).getByLabel('As', { exact: true }).selectOption('files')
  await ask(narrow.page).getByText('npx shoal checkout lab/cells@1.0.0 ./cells --sample 100').waitFor()
  await narrow.picture('download-dark-390')
  await expectAccessible(narrow)
})
