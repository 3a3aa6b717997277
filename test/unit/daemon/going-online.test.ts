import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { GoingOnline } from '../../../src/daemon/going-online.ts'
import type { Network, SyncReport } from '../../../src/sync/index.ts'

const REPORT: SyncReport = { peers: 1, envelopes: 0, chunks: 0, bytes: 0, missing: [] }

/** A network that tells what it was asked, and goes online when it is let. */
function slowNetwork() {
  const asked: string[] = []
  let settle: { readonly resolve: () => void, readonly reject: (error: Error) => void } | undefined
  const online = new Promise<void>((resolve, reject) => { settle = { resolve, reject } })
  const network = {
    start: () => { asked.push('start'); return online },
    stop: async () => { asked.push('stop') },
    addresses: () => ['here'],
    sync: async () => { asked.push('sync'); return REPORT }
  } as unknown as Network
  return { asked, network, arrive: () => settle?.resolve(), fail: (error: Error) => settle?.reject(error) }
}

it('what needs the network online waits until it is; what does not is answered at once', async () => {
  const { asked, arrive, network } = slowNetwork()
  const line = new GoingOnline(network, async () => {
    await setImmediate()
    asked.push('arrived')
  }, async () => undefined)
  const started = line.start()
  const synced = line.network.sync(undefined)
  expect(line.network.addresses()).toEqual(['here'])
  expect(line.start()).toBe(started)
  arrive()
  expect(await synced).toEqual(REPORT)
  expect(asked).toEqual(['start', 'arrived', 'sync'])
})

it('one that nobody started answers for itself', async () => {
  const { asked, network } = slowNetwork()
  await new GoingOnline(network, async () => undefined, async () => undefined).network.sync(undefined)
  expect(asked).toEqual(['sync'])
})

it('going offline ends what goes on beside, also where it never came online', async () => {
  const { asked, arrive, network } = slowNetwork()
  const line = new GoingOnline(network, async () => undefined, async signal => {
    await new Promise(resolve => signal.addEventListener('abort', resolve))
    await setImmediate()
    asked.push('left')
  })
  arrive()
  await line.start()
  await line.stop()
  expect(asked).toEqual(['start', 'stop', 'left'])

  const other = slowNetwork()
  const failing = new GoingOnline(other.network, async () => undefined, async () => undefined)
  const started = failing.start()
  other.fail(new RangeError('no port'))
  await expect(started).rejects.toThrow('no port')
  await failing.stop()
  expect(other.asked).toEqual(['start', 'stop'])
})
