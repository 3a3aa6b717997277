import { type KeyObject, createPublicKey } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import type { DeviceId } from '../model/index.ts'
import { PUBLIC_PREFIX } from './der.ts'

/** libp2p's peer id of an Ed25519 key: the identity multihash of its protobuf, in base58btc (libp2p specs, peer-ids). */
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const KEY_BYTES = 32

/** Characters of a device id at most, for limits; an Ed25519 one has 52. */
export const MAX_DEVICE_ID = 64

/** Verifying keys kept ready: making one from its bytes costs as much as verifying with it. A team's devices, with room to spare. */
const KEPT_KEYS = 1000

/** @param publicKey 32 bytes */
export const deviceIdOf = (publicKey: Uint8Array): DeviceId => base58btc.baseEncode(Buffer.concat([PEER_ID_PREFIX, publicKey])) as DeviceId

/** The 32 bytes of a device's public key, or undefined when the text is no id of an Ed25519 key. */
function publicKeyOf(device: string): Uint8Array | undefined {
  if (device.length > MAX_DEVICE_ID) return undefined
  try {
    const bytes = base58btc.baseDecode(device)
    const isId = bytes.length === PEER_ID_PREFIX.length + KEY_BYTES && PEER_ID_PREFIX.every((byte, i) => bytes[i] === byte)
    return isId && base58btc.baseEncode(bytes) === device ? bytes.subarray(PEER_ID_PREFIX.length) : undefined
  } catch {
    return undefined // Not base58.
  }
}

const keys = new Map<string, KeyObject | undefined>()

/** The key that checks a device's signatures, or undefined when its id names none. */
export function verifyingKeyOf(device: string): KeyObject | undefined {
  if (!keys.has(device)) {
    if (keys.size >= KEPT_KEYS) keys.clear()
    keys.set(device, readKey(device))
  }
  return keys.get(device)
}

function readKey(device: string): KeyObject | undefined {
  const publicKey = publicKeyOf(device)
  if (publicKey === undefined) return undefined
  try {
    return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, publicKey]), format: 'der', type: 'spki' })
  } catch {
    return undefined // Not a point of the curve.
  }
}
