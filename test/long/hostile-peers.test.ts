import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { describe, expect, it } from 'vitest'
import { scratch, shoalJson, startNode } from '../support/shoal.ts'

/** What attacks may add to a node's memory, bytes. */
const MEMORY = 64 * 2 ** 20

/** Memory of a process, bytes; only Linux tells it of others. */
const residentOf = (pid: number | undefined): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

describe('a node in a process of its own', () => {
  it.skipIf(process.platform !== 'linux')('S8: goes on exchanging with its members while strangers, silent and dripping connections flood it; memory stays bounded, the log names them', async () => {
    const place = scratch()
    const local = ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-examples', '--no-mdns']
    const [a, b] = await Promise.all([startNode(place.path('a'), ...local), startNode(place.path('b'), ...local)])
    const sockets: Socket[] = []
    const strangers = await Promise.all(Array.from({ length: 6 }, () => createLibp2p({
      transports: [tcp({ dialOpts: { localAddress: '127.0.0.3' } as never })], connectionEncrypters: [noise()], streamMuxers: [yamux()]
    })))
    let attacking = true
    try {
      const { invite } = await shoalJson<{ invite: string }>(a.home, 'invite')
      await shoalJson(b.home, 'join', invite)
      const [address = ''] = (await shoalJson<{ addresses: string[] }>(a.home, 'status')).addresses
      const port = Number(address.split('/')[4])
      // What the same work takes without an attack is normal.
      const exchange = async (name: string): Promise<void> => {
        await shoalJson(a.home, 'dataset', 'create', `team/${name}`)
        while (!(await shoalJson<{ name: string }[]>(b.home, 'dataset', 'list')).some(dataset => dataset.name === name)) await sleep(50)
      }
      for (let round = 0; round < 3; round++) await exchange(`before-${round}`)
      const before = residentOf(a.process.pid)
      const floods = strangers.map(async stranger => {
        while (attacking) await stranger.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`), { signal: AbortSignal.timeout(1_000) }).then(() => sleep(50), () => sleep(10))
      })
      const silent = async (): Promise<void> => {
        while (attacking) {
          const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
          socket.on('error', () => undefined)
          sockets.push(socket)
          // Every other one says a byte now and then.
          if (sockets.length % 2 === 0) socket.on('connect', () => socket.write('\x13'))
          await sleep(10)
        }
      }
      floods.push(silent())
      await sleep(1_500)
      for (let round = 0; round < 3; round++) {
        const begun = performance.now()
        await exchange(`during-${round}`)
        expect(performance.now() - begun).toBeLessThan(8_000)
      }
      await sleep(1_000)
      attacking = false
      await Promise.all(floods)
      const grown = residentOf(a.process.pid) - before
      expect(grown).toBeLessThan(MEMORY)
      for (const host of ['127.0.0.2', '127.0.0.3']) expect(a.log()).toContain(`"offender":"${host}"`)
      expect(a.log().split('\n').length).toBeLessThan(40)
    } finally {
      attacking = false
      for (const socket of sockets) socket.destroy()
      await Promise.all([a.stop(), b.stop(), ...strangers.map(stranger => stranger.stop())])
      place.clear()
    }
  })
})
