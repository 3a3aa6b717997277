import { randomBytes } from 'node:crypto'
import type { Libp2p, Stream } from '@libp2p/interface'
import { createNode } from '../../../src/peers/libp2p.ts'

/** Two libp2p nodes over real sockets of this machine, to open streams between. */
export interface TwoNodes {
  /** A stream from the first node to the second: both ends. */
  open(): Promise<{ near: Stream, far: Stream }>
  stop(): Promise<void>
}

export async function twoNodes(): Promise<TwoNodes> {
  const start = async (): Promise<Libp2p> => {
    const node = await createNode({ seed: randomBytes(32), listen: ['/ip4/127.0.0.1/tcp/0'], agent: 'test', gater: {}, relay: false })
    await node.start()
    return node
  }
  const [first, second] = await Promise.all([start(), start()])
  const arrived: ((stream: Stream) => void)[] = []
  await second.handle('/test/1', stream => arrived.shift()?.(stream))
  const connection = await first.dial(second.getMultiaddrs())
  return {
    open: async () => {
      const far = new Promise<Stream>(resolve => arrived.push(resolve))
      const near = await connection.newStream('/test/1')
      return { near, far: await far }
    },
    stop: async () => {
      await Promise.all([first.stop(), second.stop()])
    }
  }
}
