import type { yamux } from '@chainsafe/libp2p-yamux'

type Make = ReturnType<typeof yamux>
type Muxer = ReturnType<ReturnType<Make>['createStreamMuxer']>
type Connection = Parameters<ReturnType<Make>['createStreamMuxer']>[0]

/** Makes Yamux whose multiplexers `change` mends below their type, each once, before its connection uses it. */
export const mended = <Inner extends object>(make: Make, change: (inner: Inner, connection: Connection) => void): Make => () => {
  const factory = make()
  const { createStreamMuxer } = factory
  factory.createStreamMuxer = (connection): Muxer => {
    const muxer = createStreamMuxer.call(factory, connection)
    change(muxer as unknown as Inner, connection)
    return muxer
  }
  return factory
}
