/** Bytes that went in and out, by peer. */
export class Traffic {
  readonly #byPeer = new Map<string, { in: number, out: number }>()

  add(peer: string, direction: 'in' | 'out', bytes: number): void {
    const counts = this.#byPeer.get(peer) ?? { in: 0, out: 0 }
    counts[direction] += bytes
    this.#byPeer.set(peer, counts)
  }

  of(peer: string): { readonly in: number, readonly out: number } {
    return this.#byPeer.get(peer) ?? { in: 0, out: 0 }
  }
}
