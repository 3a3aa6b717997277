import type { Socket } from 'node:net'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'

/** Bytes that may wait in a socket before the sender waits: one large frame ahead keeps the line busy. */
const SOCKET_HIGH_BYTES = 1024 * 1024

type Sent = { readonly sentBytes: number, readonly canSendMore: boolean }

/** What there is of a TCP connection below its type. */
interface SocketConnection { readonly socket?: Socket }

/**
 * A TCP transport whose connections hand all they have to send to the socket at once. As it comes (@libp2p/tcp 11), each piece of an
 * encrypted frame is a write of its own (two bytes of length, the data, the tag), and after 16 KiB it waits for the socket to run dry:
 * that takes most of the time of a large transfer on both sides.
 */
export const withWholeWrites = <Components>(make: (components: Components) => Transport) => (components: Components): Transport => {
  const transport = make(components)
  const { dial, createListener } = transport
  transport.dial = (address, options) => dial.call(transport, address, { ...options, upgrader: preparing(options.upgrader) })
  transport.createListener = options => createListener.call(transport, { ...options, upgrader: preparing(options.upgrader) })
  return transport
}

/** An upgrader that prepares each connection before it is used. */
const preparing = (upgrader: Upgrader): Upgrader => ({
  upgradeInbound: (connection, options) => upgrader.upgradeInbound(prepared(connection), options),
  upgradeOutbound: (connection, options) => upgrader.upgradeOutbound(prepared(connection), options),
  createInboundAbortSignal: signal => upgrader.createInboundAbortSignal(signal),
  getStreamMuxers: () => upgrader.getStreamMuxers(),
  getConnectionEncrypters: () => upgrader.getConnectionEncrypters()
})

function prepared(connection: MultiaddrConnection): MultiaddrConnection {
  const { socket } = connection as SocketConnection
  // Another release may keep its socket elsewhere: then it goes on as it comes.
  if (socket === undefined) return connection
  return Object.assign(connection, {
    sendData: (data: Iterable<Uint8Array> & { readonly byteLength: number }): Sent => {
      const sentBytes = data.byteLength
      socket.cork()
      for (const piece of data) socket.write(piece)
      socket.uncork()
      return { sentBytes, canSendMore: !socket.writableNeedDrain || socket.writableLength < SOCKET_HIGH_BYTES }
    }
  })
}
