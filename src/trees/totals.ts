import type { ByteReader, ByteSink } from './bytes.ts'
import { refuse } from './bytes.ts'

/** What lies below a node, in the item its parent has of it. */
export interface Totals { files: number, links: number, folders: number, bytes: number }

export const noTotals = (): Totals => ({ files: 0, links: 0, folders: 0, bytes: 0 })

/** Adds to `sum` in place: it is done once an entry and once a node. */
export function addTotals(sum: Totals, more: Totals): void {
  sum.files += more.files
  sum.links += more.links
  sum.folders += more.folders
  sum.bytes += more.bytes
}

export const sameTotals = (a: Totals, b: Totals): boolean =>
  a.files === b.files && a.links === b.links && a.folders === b.folders && a.bytes === b.bytes

export function writeTotals(sink: ByteSink, totals: Totals): void {
  sink.varint(totals.files)
  sink.varint(totals.links)
  sink.varint(totals.folders)
  sink.varint(totals.bytes)
}

export function readTotals(reader: ByteReader): Totals {
  const totals = { files: reader.varint(), links: reader.varint(), folders: reader.varint(), bytes: reader.varint() }
  if (totals.files + totals.links + totals.folders === 0) refuse('a child node holds nothing')
  return totals
}
