/** A whole node in a process of its own, for tests that kill it: does what its parent says, one message after the other. */
import { openNode } from '../../dist/daemon/node.js'
import { parseVersionRef } from '../../dist/model/index.js'

const node = await openNode({ folder: process.argv[2], doing: 'test' })
await node.startNetwork()
const { network } = node.services

const commands = {
  join: invite => network.join(invite),
  invite: async () => (await network.invite()).invite,
  publish: async ({ ref, folder }) => {
    await node.files.import(folder, parseVersionRef(ref))
    await node.datasets.publish(parseVersionRef(ref))
  },
  sync: () => network.sync(undefined, { wait: true, signal: AbortSignal.timeout(20_000) }),
  stats: () => node.store.stats(),
  received: () => network.peers().reduce((sum, peer) => sum + peer.bytesIn, 0),
  checkout: ({ ref, folder }) => node.files.checkout(parseVersionRef(ref), folder),
  close: () => node.close()
}

process.on('message', async ({ id, command, argument }) => {
  try {
    process.send({ id, result: await commands[command](argument) ?? null })
  } catch (error) {
    process.send({ id, error: `${error.name}: ${error.message}` })
  }
  if (command === 'close') process.disconnect()
})
process.send({ id: 0, result: null })
