import { decode, encode } from 'cborg'
import { z } from 'zod'
import type { Target } from '../targets.ts'
import { refuse } from './records.ts'

/** What a bundle says of itself; nothing of it is believed that signatures and hashes do not show. */
export interface BundleHead {
  readonly workspace: string
  readonly dataset: string
  readonly version: string
  /** Publish record, hex; '' for a draft. */
  readonly record: string
  /** Trees and commits that are in it with all below them, chunks that are in it alone, commits of published versions where a draft's history ends. Hashes. */
  readonly roots: readonly Uint8Array[]
  readonly alone: readonly Uint8Array[]
  readonly sealed: readonly Uint8Array[]
}

const FORMAT = 1
/** Published versions of a dataset, and heads of a draft: beyond what either has, and a head stays within a record. */
const MAX_HASHES = 30_000

const id = z.string().max(64)
const hashes = z.array(z.instanceof(Uint8Array).refine(bytes => bytes.length === 32)).max(MAX_HASHES)
const head = z.tuple([z.literal(FORMAT), id, id, id, z.string().regex(/^([0-9a-f]{64})?$/), hashes, hashes, hashes])

export const encodeHead = ({ workspace, dataset, version, record, roots, alone, sealed }: BundleHead): Uint8Array =>
  encode([FORMAT, workspace, dataset, version, record, roots, alone, sealed])

/** @throws BUNDLE_INVALID */
export function decodeHead(bytes: Uint8Array): BundleHead {
  const read = head.safeParse(decoded(bytes))
  if (!read.success) return refuse('its head can not be read')
  const [, workspace, dataset, version, record, roots, alone, sealed] = read.data
  return { workspace, dataset, version, record, roots, alone, sealed }
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { strict: true, allowIndefinite: false, allowUndefined: false, rejectDuplicateMapKeys: true })
  } catch {
    return undefined // The caller says that it can't be read.
  }
}

/** What of the store a bundle of a version holds: what this node would fetch for it. */
export const rootsOf = (target: Target | undefined): Pick<BundleHead, 'roots' | 'alone' | 'sealed'> =>
  ({ roots: target?.roots ?? [], alone: target?.chunks ?? [], sealed: [...target?.sealed ?? []].map(hex => Uint8Array.from(Buffer.from(hex, 'hex'))) })
