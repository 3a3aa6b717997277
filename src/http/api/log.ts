import type { HistoryItem } from '../../catalog/index.ts'
import type { LogItem } from '../contract.ts'

/** A history's lines, newest first, each with its place from the beginning: the key a page goes on from. */
export const numbered = (history: readonly HistoryItem[]): { key: string, item: LogItem }[] =>
  history.map((item, index) => ({ key: String(index), item: { ...item } })).toReversed()
