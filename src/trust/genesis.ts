import { blake3 } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { type DeviceId, type WorkspaceId, toBase32 } from '../model/index.ts'
import { Fields, toCbor } from './cbor.ts'
import { type Device, verifyBy } from './device.ts'

const DOMAIN = 'shoal/genesis/1'
const FORMAT = 1
const NONCE_BYTES = 16
/** A device id has 52 characters. */
const MAX_ID = 128
const MAX_NAME = 200

/** How a workspace began: its founder's word. */
export interface Genesis {
  readonly founder: DeviceId
  readonly founderName: string
  /** Milliseconds since 1970, a label. */
  readonly at: number
}

/** @param nonce 16 random bytes: two workspaces of one founder differ */
export function makeGenesis(device: Device, name: string, at: number, nonce: Uint8Array): Uint8Array {
  const body = toCbor([FORMAT, device.id, name.slice(0, MAX_NAME), Math.floor(at), nonce])
  return toCbor([body, device.sign(DOMAIN, body)])
}

/** @throws FORMAT_INVALID, SIGNATURE_INVALID */
export function readGenesis(bytes: Uint8Array): Genesis {
  const outer = new Fields('the genesis of a workspace', bytes, 2)
  const body = outer.anyBytes(1024)
  const signature = outer.bytes(64)
  const fields = new Fields('the genesis of a workspace', body, 5)
  fields.version(FORMAT)
  const genesis = { founder: fields.text(MAX_ID) as DeviceId, founderName: fields.text(MAX_NAME), at: fields.time() }
  fields.bytes(NONCE_BYTES)
  if (!verifyBy(genesis.founder, DOMAIN, body, signature)) fail('SIGNATURE_INVALID', 'the genesis of the workspace is not signed by its founder')
  return genesis
}

/** A workspace's id: the hash of its genesis. */
export const workspaceOf = (genesis: Uint8Array): WorkspaceId => toBase32(blake3(genesis)) as WorkspaceId
