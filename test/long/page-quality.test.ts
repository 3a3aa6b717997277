import { readFileSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { review } from '../browser/review.ts'
import { refOf, stage } from '../browser/stage.ts'

/** What a version is like: its classes, before and after; what is known to be wrong with it; its links; its versions as a table. */

const on = stage('--no-examples')

beforeAll(async () => {
  const { client } = on
  const pets = refOf('lab/pets')
  await client.datasets.create({ ...pets, type: 'image' })
  const put = (path: string, text = path): Promise<void> => on.write('lab/pets', path, text)
  await Promise.all(['train/cat/1.txt', 'train/cat/2.txt', 'train/dog/1.txt', 'val/cat/3.txt'].map(path => put(path)))
  await put('rows.csv', 'name,colour\na,red\nb,red\nc,blue\n')
  await client.versions.publish(pets)
  await client.versions.create(pets, { number: '1.1.0' })
  await Promise.all(['train/dog/2.txt', 'train/dog/3.txt', 'train/hen/1.txt'].map(path => put(path)))
  await client.files.remove(pets, 'val/cat/3.txt')
  await client.files.edit(pets, [{ op: 'link', path: 'far/away.jpg', url: 'https://example.org/pictures/away.jpg', size: 1234 }])
})

it('K7: classes by folder with their splits, or by a column of a table; it stands in the address', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/lab/pets/versions/1.0.0?tab=quality')
  const balance = page.getByRole('region', { name: 'Class balance' })
  await balance.getByText('2 classes by folder; 1 file of none').waitFor()
  await balance.getByRole('listitem').filter({ hasText: 'cat' }).getByText('3 files').waitFor()
  await balance.getByText('train 2 · val 1').waitFor()
  await balance.getByText('Count a column of a table').click()
  await balance.getByRole('combobox', { name: 'Table' }).selectOption('rows.csv')
  await balance.getByRole('textbox', { name: 'Column' }).fill('colour')
  await balance.getByRole('button', { name: 'Count' }).click()
  await balance.getByRole('listitem').filter({ hasText: 'red' }).getByText('2 rows').waitFor()
  expect(visitor.place()).toBe('/datasets/lab/pets/versions/1.0.0?tab=quality&table=rows.csv&column=colour')
})

it('K7: the class balance before and after stands among the changes', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/lab/pets/versions/1.1.0?tab=changes')
  await page.getByRole('button', { name: 'Class balance' }).click()
  expect(visitor.place()).toMatch(/balance=true/)
  const table = page.getByRole('region', { name: 'Classes before and after' })
  expect(await table.getByRole('row', { name: /^dog/ }).innerText()).toMatch(/dog\s+1\s+3\s+\+2/)
  expect(await table.getByRole('row', { name: /^hen/ }).innerText()).toMatch(/hen\s+0\s+1\s+\+1/)
  expect(await table.getByRole('row', { name: /^cat/ }).innerText()).toMatch(/cat\s+3\s+2\s+−1/)
})

it('K7: known issues of a published version are noted, resolved, opened again and removed', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/lab/pets/versions/1.0.0?tab=quality')
  const issues = page.getByRole('region', { name: 'Known issues' })
  await issues.getByText('None are known').waitFor()
  await issues.getByRole('button', { name: 'Note an issue' }).click()
  const form = page.getByRole('dialog', { name: 'Note a known issue' })
  await form.getByLabel('What is wrong').fill('One dog is a wolf')
  await form.getByLabel('File or folder').fill('train/dog/1.txt')
  await form.getByRole('button', { name: 'Save' }).click()
  await issues.getByText('One dog is a wolf').waitFor()
  await issues.getByRole('link', { name: 'train/dog/1.txt' }).waitFor()
  await visitor.picture('issues', { full: true })
  await issues.getByRole('button', { name: 'Resolve' }).click()
  await issues.getByText('resolved', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await issues.getByRole('button', { name: 'Resolve' }).waitFor()
  await issues.getByRole('button', { name: 'More about One dog is a wolf' }).click()
  await page.getByRole('menuitem', { name: 'Remove' }).click()
  await issues.getByText('None are known').waitFor()
})

it('W5, W6: more versions than fit on screen: rows on screen and all that match as CSV, many changed at once', async () => {
  const { client } = on
  const ref = refOf('lab/many')
  await client.datasets.create(ref)
  for (let i = 1; i <= 120; i++) await client.versions.create(ref, { number: `2.${i}.0`, mode: 'new', ...i % 2 === 0 ? { description: 'even' } : {} })
  const { page, visitor } = on
  await visitor.go('/datasets/lab/many')
  await page.getByText('121 versions').waitFor()
  const csv = async (choice: string): Promise<string[]> => {
    await page.getByRole('button', { name: 'CSV' }).click()
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: choice }).click()])
    return readFileSync(await saved.path(), 'utf8').trim().split('\r\n')
  }
  expect(await csv('Rows on screen')).toHaveLength(101)
  expect(await csv('All that match')).toHaveLength(122)
  await page.getByPlaceholder('Filter versions').fill('even')
  await page.getByText('121 versions').waitFor({ state: 'detached' })
  expect(await csv('All that match')).toHaveLength(61)
  await page.getByPlaceholder('Filter versions').fill('')
  await page.getByRole('button', { name: 'Next page' }).click()
  await page.getByText('101 – 121', { exact: true }).waitFor()
  expect(visitor.place()).toMatch(/rows=2/)
  await page.getByRole('checkbox', { name: 'Choose all versions shown' }).check()
  const bar = page.getByRole('toolbar', { name: 'Actions for chosen versions' })
  await bar.getByText('21 chosen').waitFor()
  await bar.getByRole('button', { name: 'All 121' }).click()
  await bar.getByText('121 chosen').waitFor()
  await bar.getByRole('button', { name: 'Archive' }).click()
  await page.getByText('121 versions archived').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('121 versions', { exact: true }).waitFor()
})

it('W7: links stand in the list with their address and what is known of them', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/lab/pets/versions/1.1.0?folder=far')
  const row = page.getByRole('row', { name: /away\.jpg/ })
  await row.getByText('https://example.org/pictures/away.jpg').waitFor()
  await row.getByText('not fetched').waitFor()
  await visitor.picture('links')
})

it('issue 5: quality and changes in light and dark, wide and narrow', async () => {
  await review(on.browser, on.node.url, '/datasets/lab/pets/versions/1.0.0?tab=quality', 'quality-classes', ({ page }) => page.getByText('2 classes by folder').waitFor())
  await review(on.browser, on.node.url, '/datasets/lab/pets/versions/1.1.0?tab=changes&balance=true', 'changes-balance', ({ page }) => page.getByText('Change in files').waitFor())
}, 60_000)
