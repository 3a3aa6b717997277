import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Client, createClient } from '../../src/http/index.ts'
import { type RunningNode, shoalJson, startNode } from '../support/shoal.ts'
import { expectAccessible } from './review.ts'
import { refOf, stage } from './stage.ts'

/** What travels between two machines, as the one it comes to sees it: how fast it may, how far it is, and that it stops. */

const MIB = 1024 * 1024
/** At the lowest rate there is this takes half a minute: nobody waits for its end before the limit is taken away. */
const SIZE = 8 * MIB

const on = stage('--no-examples')
let other: RunningNode
let theirs: Client

beforeAll(async () => {
  other = await startNode(on.place.path('other'), '--no-examples')
  theirs = createClient({ baseUrl: other.url })
  const { invite } = await on.client.invite({ role: 'writer' })
  await shoalJson(other.home, 'join', invite)
  await theirs.datasets.create({ ...refOf('shed/scans'), type: 'others' })
  await vi.waitUntil(async () => await on.client.datasets.get(refOf('shed/scans')).catch(() => undefined) !== undefined, { timeout: 20_000, interval: 100 })
  await on.client.datasets.setKeep(refOf('shed/scans'), 'none')
  await theirs.files.write(refOf('shed/scans'), 'scan.raw', randomBytes(SIZE))
  await theirs.versions.publish(refOf('shed/scans'))
}, 60_000)
afterAll(() => other?.stop())

it('S4: rates are limited in a form that says what is wrong with a number, at its field', async () => {
  const { page, visitor } = on
  await visitor.go('/settings')
  const limits = page.getByRole('region', { name: 'Speed limits' })
  const [up, down] = [limits.getByRole('textbox', { name: 'Send at most' }), limits.getByRole('textbox', { name: 'Receive at most' })]
  const about = (field: typeof up): Promise<string> => field.evaluate((node: { getAttribute: (name: string) => string, ownerDocument: { getElementById: (id: string) => { textContent: string } } }) => node.ownerDocument.getElementById(node.getAttribute('aria-describedby')).textContent)
  await up.fill('fast')
  await down.fill('0.1')
  await limits.getByRole('button', { name: 'Save limits' }).click()
  await limits.getByText('A number of MiB a second, or nothing for no limit').waitFor()
  expect(await about(down)).toBe('At least 0.25 MiB a second: slower, transfers would break off.')
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

it('S4, S5: what is wanted starts to travel, is seen to, stops at a word, and goes on when that is taken back', async () => {
  const { page, visitor } = on
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
  expect((await on.client.files.read(refOf('shed/scans'), 'scan.raw')).size).toBe(SIZE)
})
