import { beforeAll, expect, it } from 'vitest'
import { createClient } from '../../src/http/index.ts'
import { startNode } from '../support/shoal.ts'
import { expectAccessible } from './review.ts'
import { refOf, stage } from './stage.ts'

/** The node behind the page: what ran on it, what it stores and keeps, how to get anywhere, and when it is gone. */

const on = stage('--no-examples')
const MIB = 1024 * 1024

beforeAll(async () => {
  await on.seed('team/letters')
  await on.client.versions.publish(refOf('team/letters'))
})

it('issue 5: keeps what ran and what failed, with the reason', async () => {
  await on.client.versions.create(refOf('team/letters'), { number: '1.1.0', mode: 'inherit' })
  await expect(on.client.versions.publish({ ...refOf('team/letters'), version: '1.1.0' }, { as: '1.0.0' })).rejects.toThrow()
  const { page, visitor } = on
  await visitor.go('/activity')
  await page.getByText('publish', { exact: false }).first().waitFor()
  const failed = page.locator('.activity-row.is-failed').first()
  await failed.waitFor()
  await failed.getByText(/1\.0\.0 is published already|VERSION_/).first().waitFor()
  await visitor.picture('activity')
  await page.getByRole('combobox', { name: 'State' }).selectOption('failed')
  expect(visitor.place()).toBe('/activity?state=failed')
})

it('S5, S10: says what it stores, checks it, and gives space back', async () => {
  const { page, visitor } = on
  await visitor.go('/settings')
  await page.getByRole('region', { name: 'Storage' }).getByText('On disk').waitFor()
  await page.getByRole('button', { name: 'See what could go' }).click()
  await page.getByText(/could be given back|nothing to give back/).waitFor()
  await page.getByRole('button', { name: 'Change what is kept of team/letters' }).click()
  await page.getByRole('radio', { name: /The latest version/ }).check()
  await on.dialog('Keep on this node').getByRole('button', { name: 'Save' }).click()
  await page.getByText('the latest version').waitFor()
  await visitor.picture('settings')
})

it('S4: rates are limited in a form that says what is wrong with a number, at its field', async () => {
  const { page, visitor } = on
  await visitor.go('/settings')
  const limits = page.getByRole('region', { name: 'Speed limits' })
  const [up, down] = [limits.getByRole('textbox', { name: 'Send at most' }), limits.getByRole('textbox', { name: 'Receive at most' })]
  const told = (field: string): Promise<string> => limits.locator('.field', { hasText: field }).locator('.field-error').innerText()
  await up.fill('fast')
  await down.fill('0.1')
  await limits.getByRole('button', { name: 'Save limits' }).click()
  await limits.getByText('A number of MiB a second, or nothing for no limit').waitFor()
  expect(await told('Receive at most')).toBe('At least 0.25 MiB a second: slower, transfers would break off.')
  expect([await up.getAttribute('aria-invalid'), await down.getAttribute('aria-invalid')]).toEqual(['true', 'true'])
  await visitor.picture('limits-wrong')
  await expectAccessible(visitor)
  await up.fill('1,5')
  await down.fill('0.25')
  await limits.getByRole('button', { name: 'Save limits' }).click()
  await page.getByText('The new limits hold from now on').waitFor()
  await page.reload()
  expect([await up.inputValue(), await down.inputValue()]).toEqual(['1.5', '0.25'])
  expect(await (await fetch(`${on.node.url}/api/v1/limits`)).json()).toEqual({ upload: 1.5 * MIB, download: MIB / 4 })
})

it('issue 5: the palette leads anywhere; keys lead to places', async () => {
  const { page, visitor } = on
  await visitor.go('/datasets/team/letters')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('option', { name: /1\.0\.0/ }).waitFor()
  await visitor.picture('palette')
  await page.keyboard.type('activ')
  await page.locator('[role=option][aria-selected=true]', { hasText: 'Activity' }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/activity$/)
  await page.keyboard.press('g')
  await page.keyboard.press('t')
  await page.waitForURL(/\/team$/)
  await page.keyboard.press('?')
  await on.dialog('Keys').getByText('rename it').waitFor()
})

it('issue 5: the focus goes back to what opened a window or a menu', async () => {
  const { page, visitor } = on
  const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText')
  await visitor.go('/datasets/team/letters')
  await page.getByRole('button', { name: 'New version' }).click()
  await on.dialog('New version of team/letters').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(focused).toBe('New version')
  for (const item of ['Edit', 'Tags', 'Keep on this node', 'Delete']) {
    await on.menu('team/letters', item)
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(focused, { message: item }).toBe('More about team/letters')
  }
  await page.keyboard.press('Control+k')
  await on.dialog('Go to').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(focused).toBe('More about team/letters')
})

it('issue 5: says so when the node is gone, and goes on when it is back', async () => {
  const { page, visitor } = on
  const home = on.place.path('other')
  let other = await startNode(home, '--no-examples')
  const { port } = new URL(other.url)
  await page.goto(other.url)
  await page.getByRole('heading', { name: 'No datasets yet' }).waitFor()
  await other.kill()
  await page.getByText('The node does not answer. What you see may be old').waitFor()
  await visitor.picture('lost')
  other = await startNode(home, '--no-examples', '--port', port)
  try {
    await page.getByText('The node does not answer. What you see may be old').waitFor({ state: 'detached' })
    await createClient({ baseUrl: other.url }).datasets.create({ namespace: 'team', name: 'back' })
    await page.getByRole('link', { name: 'team/back' }).waitFor()
  } finally {
    await other.stop()
  }
  // The browser reports each try on its own.
  visitor.forgive(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_CONNECTION_RESET/)
})

it('issue 5: an address nothing is at says so and leads back', async () => {
  const { page, visitor } = on
  await visitor.go('/nowhere')
  await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor()
  await visitor.go('/datasets/team/missing')
  await page.getByRole('heading', { name: 'No such dataset' }).waitFor()
  await visitor.picture('missing')
  await page.getByRole('link', { name: 'All datasets', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Datasets' }).waitFor()
  // The browser reports the 404 it was answered.
  visitor.forgive(/404 \(Not Found\)/)
})
