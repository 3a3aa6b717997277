import { join } from 'node:path'
import { z } from 'zod'
import { DurableFile } from './durable-file.ts'
import { MAX_KNOWN_ADDRESSES } from './limits.ts'

const fileSchema = z.object({
  peers: z.record(z.string(), z.object({
    addresses: z.array(z.string()),
    /** Milliseconds since 1970; when it was last connected. */
    seenAt: z.number(),
    name: z.string(),
    /** The one that worked last. */
    reached: z.string().optional()
  }))
})
type BookFile = z.infer<typeof fileSchema>
export type KnownPeer = BookFile['peers'][string]

/** Where members were last reached; survives restarts. */
export class AddressBook {
  readonly #file: DurableFile<BookFile>

  private constructor(file: DurableFile<BookFile>) {
    this.#file = file
  }

  static async open(folder: string): Promise<AddressBook> {
    return new AddressBook(await DurableFile.open(join(folder, 'peers.json'), fileSchema, { peers: {} }))
  }

  get(peer: string): KnownPeer | undefined {
    return Object.hasOwn(this.#file.value.peers, peer) ? this.#file.value.peers[peer] : undefined
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> { return this.#file.settled() }

  /** Notes what a connected member says of itself; its newest addresses first. */
  async note(peer: string, said: { addresses: readonly string[], name: string }, now: number): Promise<void> {
    await this.#file.update(file => {
      const known = this.get(peer)
      const addresses = [...new Set([...said.addresses, ...known?.addresses ?? []])].slice(0, MAX_KNOWN_ADDRESSES)
      if (known !== undefined && known.name === said.name && known.addresses.join(' ') === addresses.join(' ')) return file
      return { peers: { ...file.peers, [peer]: { ...known, addresses, name: said.name, seenAt: now } } }
    })
  }

  /** Notes which of a member's addresses worked. */
  async reached(peer: string, address: string): Promise<void> {
    await this.#file.update(file => {
      const known = this.get(peer)
      return known === undefined || known.reached === address ? file : { peers: { ...file.peers, [peer]: { ...known, reached: address } } }
    })
  }

  /** Notes that a member was connected until now. */
  async seen(peer: string, now: number): Promise<void> {
    await this.#file.update(file => {
      const known = this.get(peer) ?? { addresses: [], name: '' }
      return { peers: { ...file.peers, [peer]: { ...known, seenAt: now } } }
    })
  }
}
