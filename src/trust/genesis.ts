import { blake3 } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { type DeviceId, type WorkspaceId, toBase32 } from '../model/index.ts'
import { Fields, toCbor } from './cbor.ts'
import type { Device } from './device.ts'
import { MAX_DEVICE_ID } from './device-id.ts'
import { MAX_TIME } from './envelope.ts'
import { verifyBy } from './statement.ts'

const DOMAIN = 'shoal/genesis/1'
const FORMAT = 1
const NONCE_BYTES = 16
/** Characters of a device's name. */
const MAX_NAME = 200
/** Bytes of the signed part: all its fields at their longest, with room. */
const MAX_STATEMENT = 1024

/** How a workspace began: its founder's word. */
export interface Genesis {
  readonly founder: DeviceId
  readonly founderName: string
  /** Milliseconds since 1970, a label. */
  readonly at: number
}

/** @param name of the founder's device @param at milliseconds since 1970 @param nonce 16 random bytes: two workspaces of one founder differ */
export function makeGenesis(device: Device, name: string, at: number, nonce: Uint8Array): Uint8Array {
  const statement = toCbor([FORMAT, device.id, name.slice(0, MAX_NAME), Math.floor(at), nonce])
  return toCbor([statement, device.sign(DOMAIN, statement)])
}

/** @throws FORMAT_INVALID, SIGNATURE_INVALID */
export function readGenesis(bytes: Uint8Array): Genesis {
  const what = 'the genesis of a workspace'
  const outer = new Fields(what, bytes, 2)
  const statement = outer.anyBytes(MAX_STATEMENT)
  const signature = outer.bytes(64)
  const fields = new Fields(what, statement, 5)
  fields.version(FORMAT)
  const genesis = { founder: fields.text(MAX_DEVICE_ID) as DeviceId, founderName: fields.text(MAX_NAME), at: fields.whole(MAX_TIME) }
  fields.bytes(NONCE_BYTES)
  if (!verifyBy(genesis.founder, DOMAIN, statement, signature)) fail('SIGNATURE_INVALID', 'the genesis of the workspace is not signed by its founder')
  return genesis
}

/** A workspace's id: the hash of its signed genesis. */
export const workspaceOf = (genesis: Uint8Array): WorkspaceId => toBase32(blake3(genesis)) as WorkspaceId
