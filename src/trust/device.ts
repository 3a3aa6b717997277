import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { fail } from '../errors/index.ts'
import type { DeviceId } from '../model/index.ts'
import type { Chance } from '../runtime/index.ts'
import { deviceIdOf } from './device-id.ts'
import { PRIVATE_PREFIX, PUBLIC_PREFIX } from './der.ts'
import { type Domain, statementOf } from './statement.ts'

/** A device: an Ed25519 key (RFC 8032). Its name is the libp2p peer id of that key. */
export interface Device {
  readonly id: DeviceId
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes; whoever has them is this device. */
  readonly seed: Uint8Array
  /** @returns 64 bytes over `domain` and `bytes`; a signature of one domain means nothing in another */
  sign(domain: Domain, bytes: Uint8Array): Uint8Array
}

const SEED_BYTES = 32

/** Nobody but the owner reads a key. */
const KEY_MODE = 0o600

/** @param seed 32 secret random bytes */
export function deviceFromSeed(seed: Uint8Array): Device {
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const publicKey = new Uint8Array(spki.subarray(PUBLIC_PREFIX.length))
  return {
    id: deviceIdOf(publicKey),
    publicKey,
    seed,
    sign: (domain, bytes) => new Uint8Array(sign(null, statementOf(domain, bytes), key))
  }
}

/**
 * The device of a home: read from its key file, or made and kept there (readable by its owner only).
 * @param path of the key file: 64 hexadecimal digits
 * @throws HOME_INVALID when the file holds no key
 */
export function loadOrCreateDevice(path: string, chance: Chance): Device {
  if (existsSync(path)) chmodSync(path, KEY_MODE)
  else {
    const next = `${path}.next`
    writeFileSync(next, `${Buffer.from(chance.bytes(SEED_BYTES)).toString('hex')}\n`, { mode: KEY_MODE, flush: true })
    renameSync(next, path)
  }
  const text = readFileSync(path, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text)) fail('HOME_INVALID', `${path} holds no device key; restore it from a backup, or join again with a fresh home`, { path })
  return deviceFromSeed(new Uint8Array(Buffer.from(text, 'hex')))
}
