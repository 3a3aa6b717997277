import { HASH_BYTES, type Hash } from '../model/index.ts'
import { Fields, toCbor } from './cbor.ts'

const FORMAT = 1

/** A device's word that it holds and has verified all of a published version. Signed as the body of an envelope. */
export interface Receipt {
  /** Name of the publish record. */
  readonly record: Hash
}

export const writeReceipt = (receipt: Receipt): Uint8Array => toCbor([FORMAT, receipt.record])

/** @throws FORMAT_INVALID */
export function readReceipt(bytes: Uint8Array): Receipt {
  const fields = new Fields('a receipt', bytes, 2)
  fields.version(FORMAT)
  return { record: fields.bytes(HASH_BYTES) }
}
