import { fork, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoreStats } from '../../src/chunks/index.ts'
import { openNode, type Node } from '../../src/daemon/node.ts'
import { parseVersionRef } from '../../src/model/index.ts'
import { seededChance } from '../../src/runtime/index.ts'
import type { SyncReport } from '../../src/sync/index.ts'
import { until } from '../support/until.ts'

/** Two nodes in two processes; one of them is killed while it fetches. */

const CHILD = fileURLToPath(new URL('two-nodes-net-child.mjs', import.meta.url))
let base: string
let a: Node
const children: Child[] = []

/** A node in a child process. */
class Child {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>()
  #nextId = 1

  constructor(folder: string) {
    this.#process = fork(CHILD, [folder], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#process.on('message', (message: { id: number, result?: unknown, error?: string }) => {
      const waiting = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      if (message.error === undefined) waiting?.resolve(message.result)
      else waiting?.reject(new Error(message.error))
    })
    this.#process.once('exit', () => { for (const { reject } of this.#waiting.values()) reject(new Error('the child ended')) })
    children.push(this)
  }

  ready(): Promise<unknown> { return this.#answer(0) }

  ask<T>(command: string, argument?: unknown): Promise<T> {
    const id = this.#nextId++
    const answer = this.#answer(id)
    this.#process.send({ id, command, argument })
    return answer as Promise<T>
  }

  /** Ends the process: at once with SIGKILL, or by itself when nothing keeps it. @returns milliseconds until it was gone */
  async ended(signal?: 'SIGKILL'): Promise<number> {
    const begun = performance.now()
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return 0
    const gone = new Promise<void>(resolve => this.#process.once('exit', () => resolve()))
    if (signal !== undefined) this.#process.kill(signal)
    await gone
    return performance.now() - begun
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer ${id} from the child`)), 25_000)
      const settle = <T>(then: (value: T) => void) => (value: T): void => {
        clearTimeout(timer)
        then(value)
      }
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) })
    })
  }
}

async function child(): Promise<Child> {
  const one = new Child(join(base, 'b'))
  await one.ready()
  return one
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'shoal-two-processes-'))
  a = await openNode({ folder: join(base, 'a'), doing: 'test' })
  await a.startNetwork()
})
afterEach(async () => {
  await Promise.all(children.splice(0).map(one => one.ended('SIGKILL')))
  await a.close()
  await rm(base, { recursive: true, force: true })
})

const REF = 'vision/pets@1.0.0'

async function source(count: number, bytes: number): Promise<string> {
  const folder = join(base, 'source')
  await mkdir(folder)
  for (let i = 0; i < count; i++) {
    const content = Buffer.alloc(bytes - i)
    content.set(seededChance(i).bytes(4_096))
    await writeFile(join(folder, `picture ${i}.bin`), content)
  }
  return folder
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter(name => name !== '.shoal-checkout')
  return Object.fromEntries(await Promise.all(names.map(async name => [name, createHash('sha256').update(await readFile(join(folder, name))).digest('hex')])))
}

describe('two processes', () => {
  it('S4: a node killed in the middle of a transfer goes on where it was: only what is missing crosses again', { timeout: 60_000 }, async () => {
    const folder = await source(800, 100_000)
    const first = await child()
    await first.ask('join', (await a.services.network.invite()).invite)
    await a.files.import(folder, parseVersionRef(REF))
    const total = (await a.store.stats()).bytes
    await a.datasets.publish(parseVersionRef(REF))
    let got = 0
    while (got < total / 6) {
      got = (await first.ask<StoreStats>('stats')).bytes
      await sleep(2)
    }
    await first.ended('SIGKILL')
    expect(got).toBeLessThan(total * 0.9)

    const second = await child()
    const here = (await second.ask<StoreStats>('stats')).bytes
    expect(here).toBeGreaterThan(total / 10)
    const report = await second.ask<SyncReport>('sync')
    expect(report.missing).toEqual([])
    const received = await second.ask<number>('received')
    expect(received).toBeLessThan((total - here) * 1.02 + 2_000_000)
    await second.ask('checkout', { ref: REF, folder: join(base, 'target') })
    expect(await contentOf(join(base, 'target'))).toEqual(await contentOf(folder))
    expect(a.services.network.peers()).toMatchObject([{ connected: true }])

    // Closed, nothing keeps the process.
    await second.ask('close')
    expect(await second.ended()).toBeLessThan(5_000)
  })

  it('S4: a source killed in the middle is asked for the rest once it is back: what came before does not cross again', { timeout: 60_000 }, async () => {
    const first = await child()
    await a.services.network.join(await first.ask<string>('invite'))
    await first.ask('publish', { ref: REF, folder: await source(800, 100_000) })
    const total = (await first.ask<StoreStats>('stats')).bytes
    let got = 0
    while (got < total / 6) {
      got = (await a.store.stats()).bytes
      await sleep(2)
    }
    await first.ended('SIGKILL')
    expect((await a.store.stats()).bytes).toBeLessThan(total * 0.9)

    await child()
    await until(() => a.services.network.peers()[0]?.connected === true)
    const report = await a.services.network.sync(parseVersionRef(REF), { wait: true, signal: AbortSignal.timeout(30_000) })
    expect(report.missing).toEqual([])
    expect(a.services.network.peers()[0]?.bytesIn).toBeLessThan(total * 1.02 + 2_000_000)
    await a.files.checkout(parseVersionRef(REF), join(base, 'target'))
    expect(await contentOf(join(base, 'target'))).toEqual(await contentOf(join(base, 'source')))
  })
})
