import { type KeyObject, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { base58btc } from 'multiformats/bases/base58'
import { fail } from '../errors/index.ts'
import type { DeviceId } from '../model/index.ts'
import type { Chance } from '../runtime/index.ts'

/** A device: an Ed25519 key (RFC 8032). Its name is the libp2p peer id of that key. */
export interface Device {
  readonly id: DeviceId
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes; whoever has them is this device. */
  readonly seed: Uint8Array
  /** @returns 64 bytes over `domain` and `bytes`; a signature of one domain means nothing in another */
  sign(domain: string, bytes: Uint8Array): Uint8Array
}

const SEED_BYTES = 32

/** DER in front of a raw Ed25519 key (RFC 8410): PKCS #8 for a seed, SPKI for a public key. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** libp2p's peer id of an Ed25519 key: the identity multihash of its protobuf, in base58btc (libp2p specs, peer-ids). */
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

/** Verifying keys kept ready: making one from its bytes costs as much as verifying with it. A team's devices, with room to spare. */
const KEPT_KEYS = 1000

/** @param publicKey 32 bytes */
export const deviceIdOf = (publicKey: Uint8Array): DeviceId => base58btc.baseEncode(Buffer.concat([PEER_ID_PREFIX, publicKey])) as DeviceId

/** @param seed 32 secret random bytes */
export function deviceFromSeed(seed: Uint8Array): Device {
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const publicKey = new Uint8Array(spki.subarray(PUBLIC_PREFIX.length))
  return {
    id: deviceIdOf(publicKey),
    publicKey,
    seed,
    sign: (domain, bytes) => new Uint8Array(sign(null, statement(domain, bytes), key))
  }
}

/** The device of a home: read from its key file, or made and kept there (readable by its owner only). @throws HOME_INVALID */
export function loadOrCreateDevice(path: string, chance: Chance): Device {
  if (!existsSync(path)) {
    const next = `${path}.next`
    writeFileSync(next, Buffer.from(chance.bytes(SEED_BYTES)).toString('hex'), { mode: 0o600, flush: true })
    renameSync(next, path)
  }
  const text = readFileSync(path, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text)) fail('HOME_INVALID', `${path} holds no device key; restore it from a backup, or join again with a fresh home`, { path })
  return deviceFromSeed(new Uint8Array(Buffer.from(text, 'hex')))
}

const keys = new Map<string, KeyObject | undefined>()

/** Whether `device` signed `bytes` under `domain`. Never throws: an id that names no key signed nothing. */
export function verifyBy(device: DeviceId, domain: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = keyOf(device)
  return key !== undefined && signature.length === 64 && verify(null, statement(domain, bytes), key, signature)
}

function keyOf(device: DeviceId): KeyObject | undefined {
  if (!keys.has(device)) {
    if (keys.size >= KEPT_KEYS) keys.clear()
    keys.set(device, readKey(device))
  }
  return keys.get(device)
}

function readKey(device: DeviceId): KeyObject | undefined {
  try {
    const bytes = base58btc.baseDecode(device)
    const isKey = bytes.length === PEER_ID_PREFIX.length + 32 && PEER_ID_PREFIX.every((byte, i) => bytes[i] === byte)
    if (!isKey || base58btc.baseEncode(bytes) !== device) return undefined
    return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, bytes.subarray(PEER_ID_PREFIX.length)]), format: 'der', type: 'spki' })
  } catch {
    return undefined // Not base58, or not a point of the curve: no key.
  }
}

/** What is signed: the domain, a zero byte, the bytes. */
const statement = (domain: string, bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(domain, 'latin1'), Uint8Array.of(0), bytes])
