import { Readable } from 'node:stream'
import Papa from 'papaparse'
import { fail } from '../../errors/index.ts'
import type { VersionRef } from '../../model/index.ts'
import type { Files } from '../service.ts'

/** A line longer than this is no row of a table. Characters. */
const MAX_LINE = 16 * 1024 * 1024

/** Whether a file is a table whose rows can be read here. */
export const isTable = (path: string): boolean => /\.(csv|tsv|jsonl|ndjson)$/i.test(path)

/** Rows of a table of a version, as they come: CSV and TSV with a line of headings, or JSON lines. @throws FILE_NOT_FOUND, FIELD_INVALID where it is none */
export async function* rowsOf(files: Files, ref: VersionRef, path: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  if (!isTable(path)) fail('FIELD_INVALID', `${path} is no table whose rows are read here: a .csv, .tsv, .jsonl or .ndjson file`, { field: 'path', path })
  const { bytes } = await files.read(ref, path)
  if (/\.(csv|tsv)$/i.test(path)) yield* delimited(bytes, path)
  else yield* jsonLines(bytes, path)
}

async function* delimited(bytes: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const parser = Papa.parse(Papa.NODE_STREAM_INPUT, { header: true, skipEmptyLines: true, ...path.toLowerCase().endsWith('.tsv') ? { delimiter: '\t' } : {} })
  const source = Readable.from(textOf(bytes), { objectMode: true })
  source.on('error', error => parser.destroy(error))
  source.pipe(parser)
  yield* parser as AsyncIterable<Readonly<Record<string, unknown>>>
}

async function* jsonLines(bytes: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  let rest = ''
  for await (const text of textOf(bytes)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE) fail('LIMIT_EXCEEDED', `${path} has a line of more than ${MAX_LINE} characters`, { path })
    for (const line of lines) yield* rowOf(line)
  }
  yield* rowOf(rest)
}

function* rowOf(line: string): Generator<Readonly<Record<string, unknown>>> {
  if (line.trim() === '') return
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield value as Readonly<Record<string, unknown>>
  } catch {
    // A line that is no JSON is no row; the others are counted.
  }
}

async function* textOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let first = true
  for await (const part of bytes) {
    const text = decoder.decode(part, { stream: true })
    yield first ? text.replace(/^\ufeff/, '') : text
    first = false
  }
  yield decoder.decode()
}
