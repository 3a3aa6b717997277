import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient, type Client } from '../../src/http/index.ts'
import { startChromium } from '../support/chromium.ts'
import { type RunningNode, scratch, startNode } from '../support/shoal.ts'
import { type Visitor, visit } from './visitor.ts'

/** Somebody does everything on the page, without a shell: one team's work from the first dataset to the invite. */

const place = scratch()
let node: RunningNode
let browser: Browser
let client: Client
let visitor: Visitor

beforeAll(async () => {
  [node, browser] = await Promise.all([startNode(place.path('home'), '--no-examples'), startChromium()])
  client = createClient({ baseUrl: node.url })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await node?.stop()
  place.clear()
})
beforeEach(async () => { visitor = await visit(browser, node.url) })
afterEach(async () => {
  const { faults } = visitor
  await visitor.leave()
  expect(faults).toEqual([])
})

const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name })
const menu = async (page: Page, about: string, item: string): Promise<void> => {
  await page.getByRole('button', { name: `More about ${about}` }).click()
  await page.getByRole('menuitem', { name: item }).click()
}
const write = async (name: string, path: string, text: string, version?: string): Promise<void> => {
  await client.files.write({ namespace: 'team', name, ...version === undefined ? {} : { version } }, path, Buffer.from(text))
}
const seed = async (name: string): Promise<void> => {
  await client.datasets.create({ namespace: 'team', name })
  await write(name, 'README.md', '# Data\n\nFirst line.\n')
  await write(name, 'rows.csv', 'id,kind,weight\n1,cat,4\n2,dog,9\n3,cat,5\n')
  await write(name, 'cats/a.txt', 'tabby\n')
}

describe('datasets', () => {
  it('K1: is created with every field; wrong fields say what would be right', async () => {
    const { page } = visitor
    await visitor.go('/')
    await page.getByRole('button', { name: 'New dataset' }).click()
    expect(visitor.place()).toBe('/?create=true')
    const form = dialog(page, 'Create a dataset')
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
    const made = await client.datasets.get({ namespace: 'vision', name: 'pets' })
    expect(made).toMatchObject({
      displayName: 'Office pets', description: 'Cats and dogs of the office', type: 'image', task: 'detection', format: 'others', status: 'ready', license: 'CC-BY-4.0',
      tags: ['animals', 'office'], publicAccess: false, strictTypes: true, scenario: 'Door opener', current: { number: '0.1.0' }
    })
  })

  it('K3: is edited; who edits what somebody else just changed is told', async () => {
    const { page } = visitor
    await visitor.go('/datasets/vision/pets')
    await menu(page, 'vision/pets', 'Edit')
    const form = dialog(page, 'Edit vision/pets')
    await form.getByText('Name, version, type and format stay as they were created').waitFor()
    await client.datasets.edit({ namespace: 'vision', name: 'pets' }, { scenario: 'Cat flap' })
    await form.getByLabel('Description').fill('Cats only')
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByText('Somebody changed this in the meantime').waitFor()
    await form.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cat flap').waitFor()
    await menu(page, 'vision/pets', 'Edit')
    await form.getByLabel('Description').fill('Cats only')
    await form.getByLabel('Licence').fill('MIT')
    await form.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Cats only').waitFor()
    // The browser reports the 412 it was answered.
    visitor.forgive(/412 \(Precondition Failed\)/)
  })

  it('C7: gets tags; K6: is archived and back with one click, deleted only by typing its name', async () => {
    const { page } = visitor
    await visitor.go('/datasets/vision/pets')
    await menu(page, 'vision/pets', 'Tags')
    await dialog(page, 'Tags of vision/pets').getByLabel('Tags').fill('animals, cats')
    await page.getByRole('button', { name: 'Save tags' }).click()
    await page.getByRole('list', { name: 'Tags' }).getByText('cats').waitFor()
    await menu(page, 'vision/pets', 'Archive')
    await page.getByText('Archived', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Archived', { exact: true }).waitFor({ state: 'detached' })
    await menu(page, 'vision/pets', 'Delete')
    const ask = dialog(page, 'Delete vision/pets?')
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
})

describe('versions', () => {
  it('K5, L4: a new version inherits or starts empty, with a number that is free', async () => {
    await seed('letters')
    await client.versions.publish({ namespace: 'team', name: 'letters' })
    const { page } = visitor
    await visitor.go('/datasets/team/letters')
    await page.getByRole('button', { name: 'New version' }).click()
    const form = dialog(page, 'New version of team/letters')
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
    const { page } = visitor
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
    const { page } = visitor
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
})

describe('a draft', () => {
  it('L2, A4: takes files and folders, with progress; pauses, goes on', async () => {
    const { page } = visitor
    mkdirSync(place.path('drop', 'photos', 'deep'), { recursive: true })
    for (let i = 0; i < 12; i++) writeFileSync(place.path('drop', 'photos', 'deep', `${i}.txt`), `photo ${i}\n`)
    await visitor.go('/datasets/team/letters/versions/1.1.0')
    await page.getByLabel('Files to upload').setInputFiles([{ name: 'new.txt', mimeType: 'text/plain', buffer: Buffer.from('new\n') }])
    await page.getByRole('region', { name: 'Uploads' }).getByText('1 file uploaded').waitFor()
    await page.getByRole('grid', { name: 'Files' }).getByText('new.txt').waitFor()
    await page.getByLabel('Folder to upload').setInputFiles(place.path('drop', 'photos'))
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
    expect(await client.files.stat({ namespace: 'team', name: 'letters', version: '1.1.0' }, 'photos/deep/large.bin')).toMatchObject({ size: 2_500_000 })
  })

  it('L2: files dropped in, folders made, renamed, moved and removed; each can be taken back', async () => {
    const { page } = visitor
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
    await dialog(page, 'New folder').getByLabel('Name').fill('old')
    await page.getByRole('button', { name: 'Create folder' }).click()
    await grid.getByRole('link', { name: 'old', exact: true }).waitFor()
    await menu(page, 'dropped.txt', 'Rename')
    await page.getByLabel('New name').fill('kept.txt')
    await page.getByRole('button', { name: 'Rename' }).click()
    await grid.getByText('kept.txt').waitFor()
    await page.getByRole('checkbox', { name: 'Choose kept.txt' }).check()
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    await page.getByLabel('Into the folder').fill('old')
    await dialog(page, 'Move kept.txt').getByRole('button', { name: 'Move' }).click()
    await grid.getByText('kept.txt').waitFor({ state: 'detached' })
    await menu(page, 'old', 'Remove')
    await grid.getByRole('link', { name: 'old', exact: true }).waitFor({ state: 'detached' })
    await page.getByRole('region', { name: 'Notices' }).getByText('Removed old').locator('..').getByRole('button', { name: 'Undo' }).click()
    await grid.getByRole('link', { name: 'old', exact: true }).waitFor()
    await page.getByRole('link', { name: 'old', exact: true }).click()
    await page.getByRole('grid', { name: 'Files in old' }).getByText('kept.txt').waitFor()
  })

  it('W2: what changed against any version: a tree with sizes, rows and lines side by side', async () => {
    await write('letters', 'rows.csv', 'id,kind,weight\n1,cat,4.5\n2,dog,9\n4,hen,2\n', '1.1.0')
    await write('letters', 'README.md', '# Data\n\nSecond line.\n', '1.1.0')
    const { page } = visitor
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
    const { page } = visitor
    await visitor.go('/datasets/team/letters/versions/1.1.0?tab=quality')
    await page.getByRole('region', { name: 'Class balance' }).getByText('deep', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Verify now' }).click()
    await page.getByText(/^Whole: /).waitFor()
    await visitor.picture('quality')
  })

  it('L3: is published with its checks, and sealed from then on', async () => {
    const { page } = visitor
    await visitor.go('/datasets/team/letters/versions/1.1.0')
    await page.getByRole('button', { name: 'Publish' }).click()
    const form = dialog(page, 'Publish team/letters')
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
})

describe('the node', () => {
  it('S1: an invite is made, with a line and a picture to scan', async () => {
    const { page } = visitor
    await visitor.go('/team')
    await page.getByRole('heading', { name: 'So far it is only this machine' }).waitFor()
    await page.getByRole('button', { name: 'Invite a machine' }).first().click()
    await page.getByRole('radio', { name: /Reader/ }).check()
    await page.getByRole('button', { name: 'Make the invite' }).click()
    await page.getByRole('img', { name: 'The invite as a QR code' }).waitFor()
    expect(await page.getByRole('figure', { name: 'Join' }).innerText()).toMatch(/^npx shoal join \S{40,}/)
    await visitor.picture('invite')
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('region', { name: 'Open invites' }).getByText('for a reader').waitFor()
  })

  it('issue 5: keeps what ran and what failed, with the reason', async () => {
    await fetch(`${node.url}/api/v1/import`, { method: 'POST', headers: { 'content-type': 'application/json', prefer: 'respond-async' }, body: JSON.stringify({ source: place.path('nowhere'), ref: 'team/letters' }) })
    const { page } = visitor
    await visitor.go('/activity')
    await page.getByText('publish', { exact: false }).first().waitFor()
    const failed = page.locator('.activity-row.is-failed').first()
    await failed.waitFor()
    await visitor.picture('activity')
    await page.getByRole('combobox', { name: 'State' }).selectOption('failed')
    expect(visitor.place()).toBe('/activity?state=failed')
  })

  it('S5, S10: says what it stores, checks it, and gives space back', async () => {
    const { page } = visitor
    await visitor.go('/settings')
    await page.getByRole('region', { name: 'Storage' }).getByText('On disk').waitFor()
    await page.getByRole('button', { name: 'See what could go' }).click()
    await page.getByText(/could be given back|nothing to give back/).waitFor()
    await page.getByRole('button', { name: 'Change what is kept of team/letters' }).click()
    await page.getByRole('radio', { name: /The latest version/ }).check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('the latest version').waitFor()
    await visitor.picture('settings')
  })

  it('issue 5: the palette leads anywhere; keys lead to places', async () => {
    const { page } = visitor
    await visitor.go('/datasets/team/letters')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('option', { name: /1\.2\.0/ }).waitFor()
    await visitor.picture('palette')
    await page.keyboard.type('activ')
    await page.locator('[role=option][aria-selected=true]', { hasText: 'Activity' }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/activity$/)
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await page.waitForURL(/\/team$/)
    await page.keyboard.press('?')
    await dialog(page, 'Keys').getByText('rename it').waitFor()
  })
})

it('S1, S2: two browsers on two nodes: what one does, the other sees', async () => {
  const { page } = visitor
  const post = async (url: string, body: unknown): Promise<{ invite: string }> => await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json() as { invite: string }
  const { invite } = await post(`${node.url}/api/v1/invites`, {})
  const other = await startNode(place.path('other'), '--no-examples')
  try {
    await post(`${other.url}/api/v1/join`, { invite })
    const second = await visit(browser, other.url)
    await second.go('/')
    await second.page.getByRole('link', { name: 'team/letters' }).click()
    await visitor.go('/team')
    await page.getByText('connected', { exact: false }).first().waitFor()
    await visitor.picture('team')
    await visitor.go('/datasets/team/letters')
    await menu(page, 'team/letters', 'Edit')
    await dialog(page, 'Edit team/letters').getByLabel('Description').fill('Seen on both')
    await page.getByRole('button', { name: 'Save' }).click()
    await second.page.getByText('Seen on both').waitFor()
    const { faults } = second
    await second.leave()
    expect(faults).toEqual([])
  } finally {
    await other.stop()
  }
})

it('issue 5: create, upload, publish and invite with the keyboard alone', async () => {
  const { page } = visitor
  const tabTo = async (name: string): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      const here = await page.evaluate<string>('(document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText ?? "").trim()')
      if (here === name) return
    }
    throw new Error(`Tab does not reach ${name}`)
  }
  await visitor.go('/')
  await page.getByRole('link', { name: 'team/letters' }).waitFor()
  await page.keyboard.press('n')
  await dialog(page, 'Create a dataset').waitFor()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('team')
  await page.keyboard.press('Tab')
  await page.keyboard.type('keys')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/datasets\/team\/keys$/)
  await page.getByRole('link', { name: 'Open 1.0.0' }).waitFor()
  await tabTo('Open 1.0.0')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'This version has no files yet' }).waitFor()
  await tabTo('Upload files')
  const waiting = page.waitForEvent('filechooser')
  await page.keyboard.press('Enter')
  const chooser = await waiting
  await chooser.setFiles([{ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a\n') }])
  await page.getByRole('link', { name: 'a.txt', exact: true }).waitFor()
  await page.evaluate('document.querySelector("#main").focus()')
  await tabTo('Publish')
  await page.keyboard.press('Enter')
  await dialog(page, 'Publish team/keys').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('is sealed').waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.keyboard.press('t')
  await page.waitForURL(/\/team$/)
  await tabTo('Invite a machine')
  await page.keyboard.press('Enter')
  await dialog(page, 'Invite a machine').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('img', { name: 'The invite as a QR code' }).waitFor()
})
