import { createHash } from 'node:crypto'
import { silentLog } from '../../../src/runtime/index.ts'
import { PeerNode, type Admission } from '../../../src/peers/index.ts'

export const LOCAL = '/ip4/127.0.0.1/tcp/0'

/** A repeatable device seed. */
export const seedOf = (name: string): Uint8Array => new Uint8Array(createHash('sha256').update(name).digest())

/** Who a test lets in; change it while it runs. */
export class TestAdmission implements Admission {
  readonly members = new Set<string>()
  guests = false
  readonly barred = new Set<string>()
  isBarred(device: string): boolean { return this.barred.has(device) }
  isMember(device: string): boolean { return this.members.has(device) }
  welcomesGuests(): boolean { return this.guests }
}

export function node(name: string, admission: Admission, options: { listen?: readonly string[], announce?: readonly string[], guestMs?: number } = {}): PeerNode {
  return new PeerNode({ seed: seedOf(name), listen: [LOCAL], agent: 'test', admission, log: silentLog, ...options })
}

/** The peer id in a node's own address. */
export const idOf = (node: PeerNode): string => node.addresses()[0]?.split('/').at(-1) ?? ''
