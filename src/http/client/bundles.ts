import type { VersionRef } from '../../model/index.ts'
import type { BundleImportedItem } from '../contract.ts'
import { api } from './addresses.ts'
import { bytesOf } from './streams.ts'
import type { Transport } from './transport.ts'

/** Bundles over HTTP. All methods throw what the node's `Bundles` throws. */
export const bundlesOver = (http: Transport) => ({
  async* export(ref: VersionRef, options: { signal?: AbortSignal } = {}): AsyncGenerator<Uint8Array> {
    const text = `${ref.namespace}/${ref.name}${ref.version === undefined ? '' : `@${ref.version}`}`
    yield* bytesOf(await http.send('GET', api('/bundles'), { query: { ref: text }, signal: options.signal }), options.signal)
  },
  import: (source: AsyncIterable<Uint8Array>, options: { signal?: AbortSignal } = {}) =>
    http.json<BundleImportedItem>('POST', api('/bundles'), { body: source, signal: options.signal, within: undefined })
})
