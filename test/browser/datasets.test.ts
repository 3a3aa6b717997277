import { expect, it } from 'vitest'
import { stage } from './stage.ts'

/** The list of datasets: nothing yet, what others make, search and filters, the archive, a new one. */

const on = stage('--no-examples')

it('K2: says what to do where there is nothing yet', async () => {
  const { page, visitor } = on
  await visitor.go('/')
  await page.getByRole('heading', { name: 'No datasets yet' }).waitFor()
  await page.getByText('npx shoal import ./my-folder my-team/my-data').waitFor()
  await visitor.picture('empty')
  await page.getByRole('button', { name: 'Archive' }).click()
  await page.getByRole('heading', { name: 'The archive is empty' }).waitFor()
})

it('K2: shows what others make while it is looked at', async () => {
  const { page, visitor } = on
  await visitor.go('/')
  await page.getByRole('heading', { name: 'No datasets yet' }).waitFor()
  await on.client.datasets.create({ namespace: 'team', name: 'pets', type: 'image', description: 'Cats and dogs', tags: ['animals', 'eval'] })
  await page.getByRole('link', { name: 'team/pets' }).waitFor()
  await on.client.datasets.create({ namespace: 'field', name: 'sensors', type: 'time-series', description: 'Towers in the rain', tags: ['eval'] })
  await on.client.datasets.create({ namespace: 'team', name: 'letters', type: 'text', tags: [] })
  await page.getByText('3 datasets').waitFor()
})

it('C7: is searched and filtered, all of it in the address', async () => {
  const { page, visitor } = on
  await visitor.go('/')
  await page.getByText('3 datasets').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('towers')
  await page.getByText('1 dataset', { exact: true }).waitFor()
  expect(visitor.place()).toBe('/?q=towers')
  await page.keyboard.press('Escape')
  await page.getByText('3 datasets').waitFor()
  await page.getByRole('combobox', { name: 'Tag' }).selectOption('eval')
  await page.getByText('2 datasets').waitFor()
  await page.getByRole('combobox', { name: 'Namespace' }).selectOption('team')
  await page.getByText('1 dataset', { exact: true }).waitFor()
  expect(visitor.place()).toBe('/?tag=eval&namespace=team')
  await page.reload()
  await page.getByRole('link', { name: 'team/pets' }).waitFor()
  await page.getByText('1 dataset', { exact: true }).waitFor()
  await page.getByRole('combobox', { name: 'Type' }).selectOption('audio')
  await page.getByRole('heading', { name: 'No dataset matches' }).waitFor()
  await page.getByRole('button', { name: 'Show all datasets' }).click()
  await page.getByText('3 datasets').waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'No dataset matches' }).waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 'team/pets' }).waitFor()
  await page.getByRole('link', { name: 'animals' }).click()
  expect(visitor.place()).toBe('/?tag=animals')
})

it('W4: keeps archived datasets apart', async () => {
  const { page, visitor } = on
  await on.client.datasets.archive({ namespace: 'team', name: 'letters' })
  await visitor.go('/')
  await page.getByText('2 datasets').waitFor()
  await page.getByRole('button', { name: 'Archive' }).click()
  await page.getByRole('heading', { level: 1, name: 'Archived datasets' }).waitFor()
  await page.getByRole('link', { name: 'team/letters' }).waitFor()
  expect(visitor.place()).toBe('/?archived=true')
})

it('K1: is created with every field; wrong fields say what would be right', async () => {
  const { page, visitor } = on
  await visitor.go('/')
  await page.getByRole('button', { name: 'New dataset' }).click()
  expect(visitor.place()).toBe('/?create=true')
  const form = on.dialog('Create a dataset')
  await form.getByLabel('Namespace').fill('vision')
  await form.getByLabel('Name', { exact: false }).nth(1).fill('Not A Name!')
  await form.getByLabel('Version').fill('one')
  await form.getByLabel('Licence').fill('No such licence 9')
  await form.getByRole('button', { name: 'Create' }).click()
  await form.getByText('3 fields need another look').waitFor()
  expect(await page.evaluate('document.activeElement.getAttribute("aria-invalid")')).toBe('true')
  expect(await form.locator('.field-error').count()).toBe(3)
  visitor.forgive(/422 /)
  await visitor.picture('create-errors')
  await form.getByLabel('Name', { exact: false }).nth(1).fill('pets')
  await form.getByLabel('Version').fill('0.1.0')
  await form.getByLabel('Licence').fill('cc by 4.0')
  await form.getByLabel('Description').fill('Cats and dogs of the office')
  for (const [field, choice] of [['Type', 'image'], ['Task', 'detection'], ['Format', 'others'], ['Status', 'ready']] as const) await form.getByLabel(field, { exact: false }).first().selectOption(choice)
  await form.getByLabel('Tags').fill('animals, office')
  await form.getByLabel('Public access').uncheck()
  await form.getByText('More: display name').click()
  await form.getByLabel('Display name').fill('Office pets')
  await form.getByLabel('Scenario').fill('Door opener')
  await form.getByLabel('Strict types').check()
  await form.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { level: 1, name: 'Office pets' }).waitFor()
  expect(visitor.place()).toBe('/datasets/vision/pets')
  const made = await on.client.datasets.get({ namespace: 'vision', name: 'pets' })
  expect(made).toMatchObject({
    displayName: 'Office pets', description: 'Cats and dogs of the office', type: 'image', task: 'detection', format: 'others', status: 'ready', license: 'CC-BY-4.0',
    tags: ['animals', 'office'], publicAccess: false, strictTypes: true, scenario: 'Door opener', current: { number: '0.1.0' }
  })
})
