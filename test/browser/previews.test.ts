import { parquetWriteBuffer } from 'hyparquet-writer'
import { beforeAll, expect, it } from 'vitest'
import { refOf, stage } from './stage.ts'

/** Looking into files: pictures with what is known of them, tables with what their columns hold, sounds. */

const ROWS = 30_000

const on = stage()

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
  await on.client.datasets.create(refOf('team/files'))
  const numbers = Array.from({ length: ROWS }, (_, i) => i)
  await on.write('team/files', 'big.parquet', Buffer.from(parquetWriteBuffer({
    rowGroupSize: 5000,
    columnData: [{ name: 'id', data: numbers, type: 'INT32' }, { name: 'word', data: numbers.map(i => ['ant', 'bee', 'cat'][i % 3] ?? ''), type: 'STRING' }, { name: 'score', data: numbers.map(i => i / 7), type: 'DOUBLE' }]
  })))
  await on.write('team/files', 'tone.wav', tone())
  await on.write('team/files', 'raw.bin', Buffer.from([0, 1, 2, 255]))
  await on.write('team/files', 'lines.jsonl', Array.from({ length: 250 }, (_, i) => JSON.stringify({ n: i, even: i % 2 === 0 })).join('\n'))
  await on.examples()
})

const file = (path: string): string => `/datasets/team/files/versions/current?tab=preview&file=${encodeURIComponent(path)}`

it('C8, C10: boxes, outlines and masks are drawn over a picture, with a legend that shows and hides them', async () => {
  const { page, visitor } = on
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
  const { page, visitor } = on
  const ranges: number[] = []
  page.on('response', async response => {
    if (response.url().includes('big.parquet')) ranges.push(Number(response.headers()['content-length']))
  })
  await visitor.go(file('big.parquet'))
  await page.getByText('30,000 rows, 3 columns').waitFor()
  const table = page.getByRole('region', { name: 'Rows of the file' })
  await table.getByRole('cell', { name: 'ant' }).first().waitFor()
  await table.getByText('string').waitFor()
  await page.getByRole('button', { name: 'Next page' }).click()
  await page.getByText('101 – 200').waitFor()
  await page.getByLabel('Page', { exact: true }).fill('300')
  await page.keyboard.press('Enter')
  await table.getByRole('cell', { name: '29999', exact: true }).waitFor()
  expect(visitor.place()).toMatch(/page=300/)
  await visitor.picture('parquet')
  const size = (await on.client.files.stat(refOf('team/files'), 'big.parquet') as { size: number }).size
  const read = ranges.reduce((sum, bytes) => sum + bytes, 0)
  console.log(`parquet of ${size} bytes: ${ranges.length} requests, ${read} bytes read for three pages`)
  expect(read).toBeLessThan(size)
})

it('W3: lines of JSON, sounds and bytes are shown as what they are', async () => {
  const { page, visitor } = on
  await visitor.go(file('lines.jsonl'))
  await page.getByText('250 rows, 2 columns').waitFor()
  await page.getByText('true / false').waitFor()
  await page.getByRole('button', { name: 'Next page' }).click()
  await page.getByText('101 – 200').waitFor()
  await visitor.go(file('tone.wav'))
  await page.getByRole('img', { name: 'Wave of the recording' }).waitFor()
  await visitor.picture('sound')
  await visitor.go(file('raw.bin'))
  await page.getByText('00 01 02 ff').waitFor()
})
