import { mkdirSync, writeFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient, type Client } from '../../src/http/index.ts'
import { startChromium } from '../support/chromium.ts'
import { type RunningNode, scratch, shoalJson, startNode } from '../support/shoal.ts'
import { type Visitor, visit } from './visitor.ts'

/** Data of a team in a real browser: nothing yet, then datasets made over the API, friendly ones and hostile ones. */

/** Tests that start nodes or look at many files, on a machine that has other things to do. Milliseconds. */
const SLOW_MS = 60_000

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

const write = async (name: string, path: string, text: string | Uint8Array): Promise<void> => {
  await client.files.write({ namespace: 'team', name }, path, typeof text === 'string' ? Buffer.from(text) : text)
}

describe('the list', () => {
  it('K2: says what to do where there is nothing yet', async () => {
    const { page } = visitor
    await visitor.go('/')
    await page.getByRole('heading', { name: 'No datasets yet' }).waitFor()
    await page.getByText('npx shoal import ./my-folder my-team/my-data').waitFor()
    await visitor.picture('empty')
    await page.getByRole('button', { name: 'Archive' }).click()
    await page.getByRole('heading', { name: 'The archive is empty' }).waitFor()
  })

  it('K2: shows what others make while it is looked at', async () => {
    const { page } = visitor
    await visitor.go('/')
    await page.getByRole('heading', { name: 'No datasets yet' }).waitFor()
    await client.datasets.create({ namespace: 'team', name: 'pets', type: 'image', description: 'Cats and dogs', tags: ['animals', 'eval'] })
    await page.getByRole('link', { name: 'team/pets' }).waitFor()
    await client.datasets.create({ namespace: 'field', name: 'sensors', type: 'time-series', description: 'Towers in the rain', tags: ['eval'] })
    await client.datasets.create({ namespace: 'team', name: 'letters', type: 'text', tags: [] })
    await page.getByText('3 datasets').waitFor()
  })

  it('C7: is searched and filtered, all of it in the address', async () => {
    const { page } = visitor
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
    const { page } = visitor
    await client.datasets.archive({ namespace: 'team', name: 'letters' })
    await visitor.go('/')
    await page.getByText('2 datasets').waitFor()
    await page.getByRole('button', { name: 'Archive' }).click()
    await page.getByRole('heading', { level: 1, name: 'Archived datasets' }).waitFor()
    await page.getByRole('link', { name: 'team/letters' }).waitFor()
    expect(visitor.place()).toBe('/?archived=true')
  })

  it('issue 5: is walked through with the keyboard alone, down to a file', async () => {
    const { page } = visitor
    await write('pets', 'cats/a.txt', 'tabby\n')
    await write('pets', 'cats/b.txt', 'tom\n')
    await write('pets', 'README.md', '# Pets\n\nOf the team.\n')
    await visitor.go('/')
    await page.getByRole('link', { name: 'team/pets' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('team/pets')
    await page.getByText('1 dataset', { exact: true }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/datasets\/team\/pets$/)
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    await page.getByRole('link', { name: 'Open 1.0.0' }).focus()
    await page.keyboard.press('Enter')
    const grid = page.getByRole('grid', { name: 'Files' })
    await grid.waitFor()
    for (let tabs = 0; tabs < 30 && await page.evaluate('document.activeElement.getAttribute("role")') !== 'grid'; tabs++) await page.keyboard.press('Tab')
    await page.keyboard.press('End')
    await visitor.picture('keyboard')
    await page.keyboard.press('Enter')
    await page.waitForURL(/folder=cats$/)
    await page.getByRole('grid', { name: 'Files in cats' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByText('tom', { exact: true }).waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.getByText('tabby', { exact: true }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await visitor.picture('keys')
    await page.keyboard.press('Escape')
    await page.getByRole('tab', { name: 'Content' }).click()
    await page.getByRole('grid', { name: 'Files in cats' }).focus()
    await page.keyboard.press('Backspace')
    await page.getByRole('grid', { name: 'Files', exact: true }).waitFor()
  })
})

describe('a version that is worked on', () => {
  it('W3: shows new files and what happened while it is looked at', async () => {
    const { page } = visitor
    await visitor.go('/datasets/team/pets/versions/current')
    await page.getByText('2 entries').waitFor()
    await write('pets', 'new.txt', 'one\n')
    await page.getByRole('link', { name: 'new.txt', exact: true }).waitFor()
    await page.locator('.figures').getByText('4', { exact: true }).first().waitFor()
    await page.getByRole('link', { name: 'new.txt', exact: true }).click()
    await page.getByText('one', { exact: true }).waitFor()
    await write('pets', 'new.txt', 'another\n')
    await page.getByText('another', { exact: true }).waitFor()
    await page.getByRole('tab', { name: 'Console' }).click()
    await page.getByText('changed files').first().waitFor()
    await client.versions.publish({ namespace: 'team', name: 'pets' }, { message: 'For the first model' })
    await page.getByText('For the first model').first().waitFor()
    await page.getByText('Published', { exact: true }).first().waitFor()
  })

  it('A3: stays quick in a folder of many files, and reaches its last one', async () => {
    const count = 3000
    mkdirSync(place.path('many'))
    for (let i = 0; i < count; i++) writeFileSync(place.path('many', `row-${String(i).padStart(5, '0')}.txt`), `${i}\n`)
    await shoalJson(place.path('home'), 'import', place.path('many'), 'team/many')
    const { page } = visitor
    await visitor.go('/datasets/team/many/versions/current')
    await page.getByText('more than 1,000 entries').waitFor()
    await page.evaluate(`window.long = []; new PerformanceObserver(list => window.long.push(...list.getEntries().map(entry => Math.round(entry.duration)))).observe({ type: 'longtask' })`)
    const grid = page.getByRole('grid', { name: 'Files' })
    await grid.focus()
    // Each time the end is reached, the next rows come.
    for (let tries = 0; tries < 20 && !await page.getByText('3,000 entries', { exact: true }).isVisible(); tries++) {
      await page.keyboard.press('End')
      await page.waitForTimeout(200)
    }
    await page.keyboard.press('End')
    await page.getByRole('link', { name: 'row-02999.txt', exact: true }).waitFor()
    expect(await page.locator('.file-row').count()).toBeLessThan(100)
    for (let y = 0; y <= 80_000; y += 4000) await page.evaluate(`document.querySelector('.file-table').scrollTop = ${y}`)
    await page.getByRole('link', { name: 'row-02110.txt', exact: true }).waitFor()
    const long = await page.evaluate<number[]>('window.long')
    console.log(`long tasks while scrolling through ${count} files (ms): ${long.join(', ') || 'none'}`)
    await page.keyboard.press('Home')
    await page.getByRole('link', { name: 'row-00000.txt', exact: true }).waitFor()
  }, SLOW_MS)

  it('issue 5: says so when the node is gone, and goes on when it is back', async () => {
    const { page } = visitor
    const home = place.path('other')
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
  }, SLOW_MS)
})

describe('hostile data', () => {
  const SCRIPT = '<img src=x onerror="window.taken = true"><script>window.taken = true</script>'
  const files: Readonly<Record<string, string>> = {
    '<img src=x onerror=alert(1)>.html': `<!doctype html><body>${SCRIPT}`,
    'evil.svg': `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80" onload="window.taken = true"><script>window.taken = true; fetch('http://example.com/')</script><rect width="120" height="80" fill="tomato"/></svg>`,
    'README.md': `# Card ${SCRIPT}\n\n[link](javascript:alert(1)) [other](data:text/html,x) ![far](http://example.com/a.png) ![near](evil.svg)\n\n${SCRIPT}\n\n<iframe src="http://example.com"></iframe>\n`,
    'photo\u202Egpj.exe': 'MZ\0\0',
    '100%25 #1?.txt': 'odd name\n',
    'broken.png': 'not a picture',
    'rows.csv': `name,value\n"${SCRIPT.replaceAll('"', '""')}",=cmd|'/c calc'!A1\n`,
    'deep.json': '['.repeat(50_000),
    '__proto__/constructor.json': '[{"__proto__": {"polluted": true}, "constructor": 1}]'
  }

  it('L2: is shown and does nothing', async () => {
    await client.datasets.create({ namespace: 'team', name: 'hostile', displayName: SCRIPT, description: `"><script>window.taken = true</script> \u202Etxet desrever`, tags: ['<b>bold</b>'] })
    for (const [path, text] of Object.entries(files)) await write('hostile', path, text)
    const { page } = visitor
    await visitor.go('/?q=hostile')
    await page.getByText('window.taken').first().waitFor()
    await page.getByRole('link', { name: 'team/hostile' }).click()
    await page.getByRole('region', { name: 'Data card' }).getByText('<iframe').waitFor()
    expect(await page.locator('[href^="javascript" i], [href^="data" i], iframe, .card script').count()).toBe(0)
    await visitor.picture('hostile')
    await visitor.go('/datasets/team/hostile/versions/current?tab=preview')
    await page.getByText('photo⟨U+202E⟩gpj.exe').waitFor()
    for (const path of Object.keys(files)) {
      await visitor.go(`/datasets/team/hostile/versions/current?tab=preview&file=${encodeURIComponent(path)}`)
      await page.locator('.viewer-head').waitFor()
      await page.locator('.skeleton').first().waitFor({ state: 'detached' })
    }
    await visitor.go(`/datasets/team/hostile/versions/current?tab=preview&file=${encodeURIComponent('100%25 #1?.txt')}`)
    await page.getByText('odd name').waitFor()
    await page.getByRole('link', { name: 'All previews' }).click()
    await page.getByRole('link', { name: /100%25 #1\?\.txt/ }).click()
    await page.getByText('odd name').waitFor()
    await page.reload()
    await page.getByText('odd name').waitFor()
    expect(await page.evaluate('[window.taken, ({}).polluted]')).toEqual([undefined, undefined])
  }, SLOW_MS)

  it('L2: does nothing either when its files are opened themselves', async () => {
    const { page } = visitor
    const address = (path: string): string => `/api/v1/datasets/team/hostile/versions/current/files/${path.split('/').map(encodeURIComponent).join('/')}`
    await visitor.go(address('<img src=x onerror=alert(1)>.html'))
    expect(await page.evaluate('[document.contentType, window.taken, document.images.length]')).toEqual(['text/plain', undefined, 0])
    const [download] = await Promise.all([page.waitForEvent('download'), page.goto(node.url + address('evil.svg')).catch(() => undefined)])
    expect(download.suggestedFilename()).toBe('evil.svg')
    // The browser's own view of plain text has a style of its own, which the file's policy refuses like any other.
    visitor.forgive(/Applying inline style/)
  })

  it('issue 5: an address nothing is at says so and leads back', async () => {
    const { page } = visitor
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
})
