import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createClient } from '../../src/http/index.ts'
import { startChromium } from '../support/chromium.ts'
import { type RunningNode, scratch, startNode } from '../support/shoal.ts'
import { type Visitor, visit } from './visitor.ts'

/** Looking into files: pictures with what is known of them, tables with what their columns hold, sounds; and every new place, for everybody. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const ROWS = 30_000

const place = scratch()
let node: RunningNode
let browser: Browser
let visitor: Visitor

/** A second of a tone, as WAV. */
function tone(): Buffer {
  const samples = Buffer.alloc(8000 * 2)
  for (let i = 0; i < 8000; i++) samples.writeInt16LE(Math.round(Math.sin(i / 6) * 12_000 * (i / 8000)), i * 2)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0).toString()
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8000, 24)
  head.writeUInt32LE(16_000, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}

beforeAll(async () => {
  [node, browser] = await Promise.all([startNode(place.path('home')), startChromium()])
  const client = createClient({ baseUrl: node.url })
  const ref = { namespace: 'team', name: 'files' }
  await client.datasets.create(ref)
  const numbers = Array.from({ length: ROWS }, (_, i) => i)
  await client.files.write(ref, 'big.parquet', Buffer.from(parquetWriteBuffer({
    rowGroupSize: 5000,
    columnData: [{ name: 'id', data: numbers, type: 'INT32' }, { name: 'word', data: numbers.map(i => ['ant', 'bee', 'cat'][i % 3] ?? ''), type: 'STRING' }, { name: 'score', data: numbers.map(i => i / 7), type: 'DOUBLE' }]
  })))
  await client.files.write(ref, 'tone.wav', tone())
  await client.files.write(ref, 'raw.bin', Buffer.from([0, 1, 2, 255]))
  await client.files.write(ref, 'lines.jsonl', Buffer.from(Array.from({ length: 250 }, (_, i) => JSON.stringify({ n: i, even: i % 2 === 0 })).join('\n')))
  await vi.waitUntil(async () => (await client.versions.get({ namespace: 'examples', name: 'shapes', version: '1.1.0' }).catch(() => undefined))?.files === 147, { timeout: 20_000, interval: 200 })
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

const file = (path: string): string => `/datasets/team/files/versions/current?tab=preview&file=${encodeURIComponent(path)}`

it('C8, C10: boxes, outlines and masks are drawn over a picture, with a legend that shows and hides them', async () => {
  const { page } = visitor
  await visitor.go('/datasets/examples/shapes/versions/1.0.0?tab=preview&file=train%2F0003.png')
  const legend = page.getByRole('group', { name: 'Legend' })
  await legend.getByRole('button', { name: /circle/ }).waitFor()
  await visitor.until(`document.querySelectorAll('svg.overlay rect').length === 3`)
  // The mask lets the background through and keeps the colour of its labels.
  await visitor.until(`(() => { const canvas = document.querySelector('canvas.overlay'); if (canvas === null || canvas.width !== 192) return false; const { data } = canvas.getContext('2d').getImageData(0, 0, 192, 144); let seen = 0; for (let i = 3; i < data.length; i += 4) if (data[i] > 0) seen++; return data[3] === 0 && seen > 1000 })()`)
  await visitor.picture('overlay')
  await legend.getByRole('button', { name: /circle/ }).click()
  expect(await page.locator('svg.overlay rect').count()).toBe(2)
  await page.keyboard.press('f')
  const light = page.getByRole('dialog', { name: 'train/0003.png' })
  await light.waitFor()
  expect(visitor.place()).toMatch(/full=true/)
  await page.keyboard.press('+')
  await page.keyboard.press('+')
  await page.locator('.picture-stage.is-zoomed').waitFor()
  await visitor.picture('lightbox')
  await page.keyboard.press('ArrowRight')
  await page.getByRole('dialog', { name: 'train/0004.png' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { name: 'train/0004.png' }).waitFor()
})

it('W3: Parquet is read by ranges: types, charts, any page of it', async () => {
  const { page } = visitor
  const ranges: number[] = []
  page.on('response', async response => {
    if (response.url().includes('big.parquet')) ranges.push(Number(response.headers()['content-length']))
  })
  await visitor.go(file('big.parquet'))
  await page.getByText('30,000 rows, 3 columns').waitFor()
  const table = page.getByRole('region', { name: 'Rows of the file' })
  await table.getByRole('cell', { name: 'ant' }).first().waitFor()
  await table.getByText('string').waitFor()
  await page.getByRole('button', { name: 'Page behind' }).click()
  await page.getByText('101 – 200').waitFor()
  await page.getByLabel('Page', { exact: true }).fill('300')
  await page.keyboard.press('Enter')
  await table.getByRole('cell', { name: '29999', exact: true }).waitFor()
  expect(visitor.place()).toMatch(/page=300/)
  await visitor.picture('parquet')
  const size = (await createClient({ baseUrl: node.url }).files.stat({ namespace: 'team', name: 'files' }, 'big.parquet') as { size: number }).size
  const read = ranges.reduce((sum, bytes) => sum + bytes, 0)
  console.log(`parquet of ${size} bytes: ${ranges.length} requests, ${read} bytes read for three pages`)
  expect(read).toBeLessThan(size)
})

it('W3: lines of JSON, sounds and bytes are shown as what they are', async () => {
  const { page } = visitor
  await visitor.go(file('lines.jsonl'))
  await page.getByText('250 rows, 2 columns').waitFor()
  await page.getByText('true / false').waitFor()
  await page.getByRole('button', { name: 'Page behind' }).click()
  await page.getByText('101 – 200').waitFor()
  await visitor.go(file('tone.wav'))
  await page.getByRole('img', { name: 'Wave of the recording' }).waitFor()
  await visitor.picture('sound')
  await visitor.go(file('raw.bin'))
  await page.getByText('00 01 02 ff').waitFor()
})

const PLACES: Readonly<Record<string, string>> = {
  create: '/?create=true', graph: '/datasets/examples/shapes?view=graph', draft: '/datasets/examples/shapes/versions/1.1.0', changes: '/datasets/examples/shapes/versions/1.1.0?tab=changes&file=README.md',
  pictures: '/datasets/examples/shapes/versions/1.1.0?tab=changes&file=train%2F0061.png', quality: '/datasets/examples/shapes/versions/1.0.0?tab=quality', overlay: '/datasets/examples/shapes/versions/1.0.0?tab=preview&file=train%2F0003.png',
  team: '/team', activity: '/activity', settings: '/settings', invite: '/team?invite=true'
}

it.each([[false, 1360], [true, 1360], [false, 390], [true, 390]] as const)('issue 5: every place, dark %s, %i pixels wide: pictures for review, nothing cut off, nothing axe-core minds', async (dark, width) => {
  await visitor.leave()
  visitor = await visit(browser, node.url, { dark, width, height: width === 390 ? 844 : 900 })
  const { page } = visitor
  const found: string[] = []
  for (const [name, path] of Object.entries(PLACES)) {
    await visitor.go(path)
    await page.locator('h1').first().waitFor()
    await page.locator('.skeleton').first().waitFor({ state: 'detached' })
    if (name === 'graph') await page.locator('.lineage-node').first().waitFor()
    await visitor.picture(`${name}-${dark ? 'dark' : 'light'}-${width}`, { full: width === 390 && !['create', 'invite'].includes(name) })
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    if (overflow !== 0) found.push(`${name}: wider than the window by ${String(overflow)}`)
    // Narrow and dark has the colours of the one and the layout of the other.
    if (dark && width === 390) continue
    await page.evaluate(AXE)
    const violations = await page.evaluate<readonly { id: string, impact: string, nodes: readonly { html: string, failureSummary: string }[] }[]>('axe.run().then(result => result.violations)')
    for (const { id, impact, nodes } of violations) if (impact !== 'minor') found.push(`${name}: ${id} (${impact}) ${nodes.slice(0, 2).map(one => `${one.html} ${one.failureSummary}`).join(' | ')}`)
  }
  expect(found).toEqual([])
}, 60_000)
