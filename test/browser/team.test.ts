import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Client, createClient } from '../../src/http/index.ts'
import { type RunningNode, startNode } from '../support/shoal.ts'
import { expectAccessible } from './review.ts'
import { refOf, stage } from './stage.ts'
import { type Visitor, visit } from './visitor.ts'

/** A team of two machines, each with its own browser: invited, joined, seen by each other, trusted with copies, and sent away. */

const MIB = 1024 * 1024
/** At the lowest rate there is this takes half a minute: nobody waits for its end before the limit is taken away. */
const SIZE = 8 * MIB

const on = stage('--no-examples')
const home = (): string => on.place.path('other')
let other: RunningNode
let theirs: Client
/** Who sits at the other machine, through all of the file. */
let friend: Visitor
/** What the other machine is called: it has the same name as this one, and another id. */
let shed: string

const startOther = async (...args: string[]): Promise<void> => {
  other = await startNode(home(), '--no-examples', ...args)
  theirs = createClient({ baseUrl: other.url })
  shed = `${hostname()} …${(await theirs.node()).id.slice(-6)}`
}
beforeAll(async () => {
  await Promise.all([startOther(), on.seed('team/letters')])
  friend = await visit(on.browser, other.url)
}, 60_000)
afterAll(async () => {
  if (friend === undefined) return
  const { faults } = friend
  await friend.leave()
  await other?.stop()
  expect(faults).toEqual([])
})

it('S1: an invite is made, with a line and a picture to scan, and taken back', async () => {
  const { page, visitor } = on
  await visitor.go('/team')
  await page.getByRole('heading', { name: 'So far it is only this machine' }).waitFor()
  await visitor.picture('team-alone')
  await page.getByRole('button', { name: 'Invite a machine' }).first().click()
  await page.getByRole('radio', { name: /Reader/ }).check()
  await page.getByRole('button', { name: 'Make the invite' }).click()
  await page.getByRole('img', { name: 'The invite as a QR code' }).waitFor()
  const line = await page.getByRole('figure', { name: 'Join' }).innerText()
  expect(line).toMatch(/^npx shoal join \S{40,}/)
  await visitor.picture('invite')
  await page.getByRole('button', { name: 'Done' }).click()
  const invites = page.getByRole('region', { name: 'Invites' })
  await invites.getByText('For one reader').waitFor()
  await invites.getByText(/Expires (tomorrow|in 2[34] hours)/).waitFor()
  await invites.getByRole('button', { name: /^Take the invite/ }).click()
  await invites.getByText('Taken back').waitFor()
  await friend.go('/team?join=true')
  await friend.page.getByRole('textbox', { name: 'Invite' }).fill(line)
  await friend.page.getByRole('button', { name: 'Join', exact: true }).click()
  await friend.page.getByRole('alert').getByText(/taken back/).waitFor()
  await friend.picture('join-refused')
})

it('S1: another machine joins with it; both see each other and each other’s datasets', async () => {
  const { page, visitor } = on
  const { invite } = await on.client.invite({ role: 'writer' })
  await visitor.go('/team')
  await friend.go('/')
  await friend.page.getByRole('heading', { name: 'No datasets yet' }).waitFor()
  await friend.page.keyboard.press('Control+k')
  await friend.page.getByRole('dialog', { name: 'Go to' }).waitFor()
  await friend.page.keyboard.type('join a team')
  await friend.page.keyboard.press('Enter')
  await friend.page.getByRole('textbox', { name: 'Invite' }).fill(`npx shoal join ${invite}`)
  await friend.picture('join')
  await friend.page.getByRole('button', { name: 'Join', exact: true }).click()
  await friend.page.getByText('2 machines').waitFor()
  const devices = page.getByRole('region', { name: 'Machines' })
  const row = devices.getByRole('row', { name: shed })
  await row.getByText(/connected (directly|on the local network)/).waitFor()
  await page.getByRole('region', { name: 'Invites' }).getByText('Used up').waitFor()
  await friend.page.getByRole('link', { name: 'Datasets', exact: true }).click()
  await friend.page.getByRole('link', { name: 'team/letters' }).waitFor()
  await theirs.datasets.create(refOf('shed/tools'))
  await visitor.go('/')
  await page.getByRole('link', { name: 'shed/tools' }).waitFor()
})

it('S2: what is edited in one browser appears in the other, both ways', async () => {
  const { page, visitor } = on
  await friend.go('/datasets/team/letters')
  await visitor.go('/datasets/team/letters')
  await on.menu('team/letters', 'Edit')
  await on.dialog('Edit team/letters').getByLabel('Description').fill('Seen on both')
  await page.getByRole('button', { name: 'Save' }).click()
  await friend.page.getByText('Seen on both').waitFor()
  await friend.page.getByRole('button', { name: 'More about team/letters' }).click()
  await friend.page.getByRole('menuitem', { name: 'Tags' }).click()
  await friend.page.getByRole('dialog', { name: 'Tags of team/letters' }).getByLabel('Tags').fill('from-the-shed')
  await friend.page.getByRole('button', { name: 'Save tags' }).click()
  await page.getByRole('list', { name: 'Tags' }).getByText('from-the-shed').waitFor()
})

it('L1: who must keep a copy is chosen; how many there are, where, and which are missing is shown, live', async () => {
  const { page, visitor } = on
  await theirs.datasets.setKeep(refOf('team/letters'), 'none')
  await on.client.versions.publish(refOf('team/letters'))
  await visitor.go('/datasets/team/letters')
  const copies = page.getByRole('region', { name: 'Copies' })
  await copies.getByText('Safe on 1 of 2 machines').waitFor()
  await other.stop()
  await copies.getByRole('button', { name: 'Change who must keep a copy' }).click()
  await on.dialog('Who must keep team/letters').getByRole('checkbox', { name: shed }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await copies.getByText('Safe on 1 of 2 machines; 1 copy missing').waitFor()
  await copies.getByText('does not have all of it; not connected').waitFor()
  await visitor.picture('copies-missing')
  await visitor.go('/team?copies=missing')
  const row = page.getByRole('region', { name: 'Who holds what' }).getByRole('row', { name: /team\/letters@1\.0\.0/ })
  await row.getByText('1 of 2').waitFor()
  await row.getByRole('cell', { name: shed }).waitFor()
  await visitor.picture('team-copies')
  await startOther('--port', new URL(other.url).port)
  // Its own setting says none: the registry says more.
  await page.getByRole('heading', { name: 'No copy is missing' }).waitFor()
  await page.getByRole('button', { name: 'All', exact: true }).click()
  await row.getByText('2 of 2').waitFor()
  await visitor.go('/datasets/team/letters')
  await copies.getByText('Safe on 2 of 2 machines').waitFor()
  await copies.getByRole('listitem').filter({ hasText: shed }).getByText('must keep it').waitFor()
  await visitor.picture('copies')
  friend.forgive(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_CONNECTION_RESET/)
})

it('S4, S5: what is wanted starts to travel, is seen to, stops at a word, and goes on when that is taken back', async () => {
  const { page, visitor } = on
  const scans = refOf('shed/scans')
  await theirs.datasets.create({ ...scans, type: 'others' })
  await vi.waitUntil(async () => await on.client.datasets.get(scans).catch(() => undefined) !== undefined, { timeout: 20_000, interval: 100 })
  await on.client.datasets.setKeep(scans, 'none')
  await theirs.files.write(scans, 'scan.raw', randomBytes(SIZE))
  await theirs.versions.publish(scans)
  await on.client.setLimits({ upload: null, download: MIB / 4 })
  await visitor.go('/datasets/shed/scans')
  await on.menu('shed/scans', 'Keep on this node')
  await page.getByRole('radio', { name: /Published versions/ }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await visitor.go('/team')
  const transfers = page.getByRole('region', { name: 'On the way here' })
  const bar = transfers.getByRole('progressbar', { name: 'shed/scans@1.0.0 on its way' })
  await bar.waitFor()
  const value = async (): Promise<number> => Number(await bar.getAttribute('value'))
  await expect.poll(value, { timeout: 10_000 }).toBeGreaterThan(0.02)
  expect(await value()).toBeLessThan(0.9)
  await transfers.getByText(/^[\d.]+ [KM]iB of 8\.0 MiB$/).waitFor()
  await transfers.getByText(/^From /).waitFor()
  await visitor.picture('transfers')
  await expectAccessible(visitor)
  await transfers.getByRole('button', { name: 'Stop shed/scans@1.0.0' }).click()
  await page.getByText('shed/scans is not kept on this machine any more').waitFor()
  await bar.waitFor({ state: 'detached' })
  expect((await on.client.syncState()).versions).toEqual([])
  await page.getByRole('button', { name: 'Undo' }).click()
  await bar.waitFor()
  await on.client.setLimits({ upload: null, download: null })
  await transfers.waitFor({ state: 'detached' })
  expect((await theirs.syncState()).versions).toEqual([])
  expect((await on.client.files.read(scans, 'scan.raw')).size).toBe(SIZE)
})

it('L1: who must keep a copy is chosen when a dataset is created', async () => {
  const { page, visitor } = on
  await visitor.go('/?create=true')
  const form = on.dialog('Create a dataset')
  await form.getByLabel('Namespace').fill('team')
  await form.getByLabel('Name', { exact: false }).nth(1).fill('kept')
  await form.getByText('More: display name').click()
  await form.getByRole('checkbox', { name: shed }).check()
  await form.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('region', { name: 'Copies' }).getByText('must keep it').waitFor()
})

it('S8: roles are changed, and taken back; admins only by typing the name; a reader changes nothing', async () => {
  const { page, visitor } = on
  await visitor.go('/team')
  const role = page.getByRole('combobox', { name: `Role of ${shed}` })
  await role.selectOption('reader')
  await page.getByText(`${shed} is a reader now`).waitFor()
  await friend.go('/datasets/team/letters')
  await friend.page.getByText('Seen on both').waitFor()
  await expect.poll(async () => (await theirs.node()).role, { timeout: 10_000 }).toBe('reader')
  await friend.page.getByRole('button', { name: 'More about team/letters' }).click()
  await friend.page.getByRole('menuitem', { name: 'Edit' }).click()
  await friend.page.getByRole('dialog', { name: 'Edit team/letters' }).getByLabel('Description').fill('Not mine to say')
  await friend.page.getByRole('button', { name: 'Save' }).click()
  await friend.page.getByRole('alert').getByText('Not allowed').waitFor()
  await friend.page.keyboard.press('Escape')
  friend.forgive(/403 \(Forbidden\)/)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => role.inputValue(), { timeout: 10_000 }).toBe('writer')
  await role.selectOption('admin')
  const ask = on.dialog(`Make ${shed} an admin?`)
  expect(await ask.getByRole('button', { name: 'Make it an admin' }).isDisabled()).toBe(true)
  await ask.getByRole('button', { name: 'Cancel' }).click()
  expect(await role.inputValue()).toBe('writer')
  await role.selectOption('admin')
  await ask.getByLabel(`Type ${shed} to go on`).fill(shed)
  await ask.getByRole('button', { name: 'Make it an admin' }).click()
  await expect.poll(() => role.inputValue(), { timeout: 10_000 }).toBe('admin')
})

it('S8: a member is removed by typing its name, and refused from then on', async () => {
  const { page, visitor } = on
  await visitor.go('/team')
  await on.menu(shed, 'Remove from the team')
  const ask = on.dialog(`Remove ${shed}?`)
  await visitor.picture('remove')
  await ask.getByLabel(`Type ${shed} to go on`).fill(shed)
  await ask.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('row', { name: shed }).getByText('Removed').waitFor()
  await on.client.datasets.create(refOf('team/secret'))
  await visitor.picture('removed')
  // Nothing new reaches it: not even that it was removed.
  await expect.poll(async () => (await theirs.syncState()).connected, { timeout: 15_000 }).toBe(0)
  await friend.go('/')
  await friend.page.getByRole('link', { name: 'team/letters' }).waitFor()
  expect(await friend.page.getByRole('link', { name: 'team/secret' }).count()).toBe(0)
})
