import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { refOf, stage } from './stage.ts'

/** One dataset: what it is, edited, tagged, archived, deleted; its versions as a list and as a graph. */

const on = stage('--no-examples')
const pets = refOf('vision/pets')

beforeAll(async () => {
  await on.client.datasets.create({ ...pets, displayName: 'Office pets', description: 'Cats and dogs', type: 'image', scenario: 'Door opener' })
  await on.write('vision/pets', 'cats/a.txt', 'tabby\n')
})

it('K3: is edited; who edits what somebody else just changed is told', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/vision/pets')
  await on.menu('vision/pets', 'Edit')
  const form = on.dialog('Edit vision/pets')
  await form.getByText('Name, version, type and format stay as they were created').waitFor()
  await on.client.datasets.edit(pets, { scenario: 'Cat flap' })
  await form.getByLabel('Description').fill('Cats only')
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByText('Somebody changed this in the meantime').waitFor()
  await form.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Cat flap').waitFor()
  await on.menu('vision/pets', 'Edit')
  await form.getByLabel('Description').fill('Cats only')
  await form.getByLabel('Licence').fill('MIT')
  await form.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Cats only').waitFor()
  // The browser reports the 412 it was answered.
  visitor.forgive(/412 \(Precondition Failed\)/)
})

it('A1: says what its data is, what it is used for, who made it, and what it is called', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/vision/pets')
  await page.getByRole('heading', { level: 1, name: 'Office pets' }).waitFor()
  const basic = page.getByRole('region', { name: 'Basic information' })
  for (const [name, value] of [['Display name', 'Office pets'], ['Type', 'image'], ['Name', 'pets']] as const) await basic.locator('dl > div', { hasText: name }).getByText(value, { exact: true }).waitFor()
  const metadata = page.getByRole('region', { name: 'Metadata' })
  await metadata.getByText('Cat flap', { exact: true }).waitFor()
  await metadata.locator('dl > div', { hasText: 'Creator' }).getByText((await on.client.node()).name, { exact: true }).waitFor()
})

it('C7: gets tags; K6: is archived and back with one click, deleted only by typing its name', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/vision/pets')
  await on.menu('vision/pets', 'Tags')
  await on.dialog('Tags of vision/pets').getByLabel('Tags').fill('animals, cats')
  await page.getByRole('button', { name: 'Save tags' }).click()
  await page.getByRole('list', { name: 'Tags' }).getByText('cats').waitFor()
  await on.menu('vision/pets', 'Archive')
  await page.getByText('Archived', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Archived', { exact: true }).waitFor({ state: 'detached' })
  await on.menu('vision/pets', 'Delete')
  const ask = on.dialog('Delete vision/pets?')
  await ask.getByRole('button', { name: 'Archive it instead' }).waitFor()
  await visitor.picture('delete')
  expect(await ask.getByRole('button', { name: 'Delete for good' }).isDisabled()).toBe(true)
  await ask.getByLabel('Type vision/pets to go on').fill('vision/pets')
  await ask.getByRole('button', { name: 'Delete for good' }).click()
  await page.getByText('vision/pets was deleted').waitFor()
  expect(visitor.place()).toBe('/')
  // The page asks for the dataset once more before it goes.
  visitor.forgive(/404 \(Not Found\)/)
})

describe('versions', () => {
  it('K5, L4: a new version inherits or starts empty, with a number that is free', async () => {
    await on.seed('team/letters')
    await on.client.versions.publish({ namespace: 'team', name: 'letters' })
    const { page, visitor } = on
    await visitor.go('/datasets/team/letters')
    await page.getByRole('button', { name: 'New version' }).click()
    const form = on.dialog('New version of team/letters')
    await form.getByRole('radio', { name: /With everything/ }).waitFor()
    expect(await form.getByLabel('Number').inputValue()).toBe('1.1.0')
    await form.getByLabel('Number').fill('1.0.0')
    await form.getByRole('button', { name: 'Create version' }).click()
    await form.getByRole('alert').waitFor()
    await form.getByLabel('Number').fill('1.1.0')
    await form.getByLabel('What changes').fill('More cats')
    await visitor.picture('new-version')
    await form.getByRole('button', { name: 'Create version' }).click()
    await page.waitForURL(/versions\/1\.1\.0$/)
    await page.getByRole('grid', { name: 'Files' }).getByText('rows.csv').waitFor()
    await visitor.go('/datasets/team/letters')
    await page.getByRole('button', { name: 'New version' }).click()
    await form.getByRole('radio', { name: /Empty/ }).check()
    await form.getByLabel('Number').fill('2.0.0')
    await form.getByRole('button', { name: 'Create version' }).click()
    await page.getByRole('heading', { name: 'This version has no files yet' }).waitFor()
    visitor.forgive(/409 \(Conflict\)/)
  })

  it('W6, W4, W5: many at once: tagged, archived, restored, deleted out of the archive, saved as CSV', async () => {
    const { page, visitor } = on
    await visitor.go('/datasets/team/letters')
    await page.getByRole('checkbox', { name: 'Choose 1.1.0' }).check()
    const bar = page.getByRole('toolbar', { name: 'Actions for chosen versions' })
    await bar.getByText('1 chosen').waitFor()
    await bar.getByRole('button', { name: 'All 3' }).click()
    await bar.getByText('3 chosen').waitFor()
    await visitor.picture('bulk')
    await bar.getByRole('button', { name: 'Add tag' }).click()
    await page.getByRole('textbox', { name: 'Tags' }).fill('=checked')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText('3 versions tagged').waitFor()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByLabel('Tags', { exact: true }).check()
    await page.keyboard.press('Escape')
    await page.getByRole('cell', { name: '=checked' }).first().waitFor()
    await page.getByPlaceholder('Filter versions').fill('cats')
    await page.getByRole('checkbox', { name: 'Choose 2.0.0' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'CSV' }).click()
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'All that match' }).click()])
    const [head, ...rows] = readFileSync(await saved.path(), 'utf8').trim().split('\r\n')
    expect(head).toBe('number,state,tags,files,bytes,updatedAt')
    expect(rows).toEqual([expect.stringMatching(/^1\.1\.0,draft,'=checked,3,\d+,/)])
    await page.getByPlaceholder('Filter versions').fill('')
    await page.getByRole('checkbox', { name: 'Choose 2.0.0' }).check()
    await bar.getByRole('button', { name: 'Archive' }).click()
    await page.getByText('1 version archived').waitFor()
    await page.getByRole('checkbox', { name: 'Choose 2.0.0' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Archive', exact: true }).click()
    await page.getByRole('checkbox', { name: 'Choose 2.0.0' }).check()
    await bar.getByRole('button', { name: 'Delete' }).click()
    await page.getByLabel('Type delete 1 to go on').fill('delete 1')
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByRole('heading', { name: 'No version is archived' }).waitFor()
  })

  it('W1, C9: the graph shows what comes from what; a node tells more', async () => {
    const { page, visitor } = on
    await visitor.go('/datasets/team/letters')
    await page.getByRole('button', { name: 'Graph' }).click()
    expect(visitor.place()).toBe('/datasets/team/letters?view=graph')
    await page.locator('.react-flow__edge').waitFor({ state: 'attached' })
    expect(await page.locator('.lineage-node').count()).toBe(2)
    await page.locator('.lineage-node').filter({ hasText: '1.1.0' }).click()
    const info = page.getByRole('complementary', { name: 'About version 1.1.0' })
    await info.getByText('More cats').waitFor()
    expect(visitor.place()).toMatch(/view=graph&selected=/)
    await visitor.picture('graph')
    await info.getByRole('link', { name: 'Changes' }).click()
    await page.getByText('What is different in').waitFor()
  })

  it('C9: several children and several parents are drawn as the tree they are', async () => {
    const { page, visitor } = on
    const tree = refOf('team/tree')
    await on.seed('team/tree')
    await on.client.versions.publish(tree)
    for (const number of ['1.1.0', '1.2.0']) {
      await on.client.versions.create(tree, { number, name: `from ${number}`, from: ['1.0.0'], mode: 'inherit' })
      await on.write('team/tree', `${number}.txt`, `${number}\n`, number)
      await on.client.versions.publish({ ...tree, version: number })
    }
    await on.client.versions.create(tree, { number: '2.0.0', from: ['1.1.0', '1.2.0'], mode: 'inherit' })
    await visitor.go('/datasets/team/tree?view=graph')
    await expect.poll(() => page.locator('.react-flow__edge').count(), { timeout: 10_000 }).toBe(4)
    const merged = page.locator('.lineage-node').filter({ hasText: '2.0.0' })
    expect(await merged.innerText()).toMatch(/2\.0\.0[^]*Draft[^]*\d+ B[^]*now[^]*Details/)
    await merged.click()
    await page.getByRole('complementary', { name: 'About version 2.0.0' }).getByText('1.1.0, 1.2.0').waitFor()
    await visitor.picture('tree')
  })
})
