import { buffer } from 'node:stream/consumers'
import { tableFromArrays, tableToIPC } from '@uwdata/flechette'
import { beforeAll, it } from 'vitest'
import { ZipFile } from 'yazl'
import { expectAccessible } from './review.ts'
import { refOf, stage } from './stage.ts'

/** Files of further formats, looked into in a real browser. */

const on = stage('--no-examples')
const at = '/datasets/lab/formats/versions/current?tab=preview&file='

async function zip(): Promise<Buffer> {
  const archive = new ZipFile()
  for (const name of ['a/one.txt', 'a/two.txt']) archive.addBuffer(Buffer.alloc(3000), name)
  archive.end()
  return await buffer(archive.outputStream)
}

beforeAll(async () => {
  await on.client.datasets.create(refOf('lab/formats'))
  const table = tableFromArrays({ id: Int32Array.from({ length: 300 }, (_, i) => i), kind: Array.from({ length: 300 }, (_, i) => i % 3 === 0 ? 'cat' : 'dog') })
  const files: Readonly<Record<string, Uint8Array>> = {
    'rows.arrow': tableToIPC(table, { format: 'file' }) ?? new Uint8Array(),
    'rows.jsonl': Buffer.from('{"id":1,"kind":"cat"}\n{"id":2,"kind":"dog"}\n'),
    'bundle.zip': await zip(),
    'broken.feather': Buffer.from('ARROW1\0\0 and nothing that follows it'),
    'broken.tar': Buffer.alloc(4096, 7),
    'bytes.bin': Buffer.from([0, 1, 2, 3, 250, 251])
  }
  for (const [path, bytes] of Object.entries(files)) await on.write('lab/formats', path, bytes)
})

it('K7: Arrow and JSON lines as tables with types and histograms, archives as lists, bytes as bytes; broken files say so', async () => {
  const { page, visitor } = on
  await visitor.go(`${at}rows.arrow`)
  const rows = page.getByRole('region', { name: 'Rows of the file' })
  await rows.getByRole('columnheader', { name: 'kind' }).getByRole('img', { name: 'dog 67 %, 2 values' }).waitFor()
  await page.getByText('300 rows, 2 columns').waitFor()
  await visitor.picture('arrow')
  await expectAccessible(visitor)
  await visitor.go(`${at}rows.jsonl`)
  await rows.getByRole('cell', { name: 'cat' }).waitFor()
  await visitor.go(`${at}bundle.zip`)
  await page.getByRole('region', { name: 'Content of the archive' }).getByText('a/two.txt').waitFor()
  await page.getByText('2 files, 5.9 KiB unpacked').waitFor()
  await visitor.picture('archive')
  await expectAccessible(visitor)
  await visitor.go(`${at}broken.feather`)
  await page.getByText('There are no rows in it.').or(page.getByText('This file can not be read as Arrow')).waitFor()
  await visitor.go(`${at}broken.tar`)
  await page.getByText('This archive can not be listed').waitFor()
  await visitor.go(`${at}bytes.bin`)
  await page.getByText('00 01 02 03 fa fb').waitFor()
})
