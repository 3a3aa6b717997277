import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Peer } from '../../src/http/index.ts'
import { readInvite, writeInvite } from '../../src/trust/index.ts'
import { type RunningNode, scratch, shoal, shoalJson, startNode, startNodeWithin } from '../support/shoal.ts'
import { until } from '../support/until.ts'

/** A team of real processes, driven as people drive it. */

const LOCAL = ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-examples', '--no-mdns']

let place: ReturnType<typeof scratch>
const running: RunningNode[] = []
beforeEach(() => { place = scratch() })
afterEach(async () => {
  await Promise.all(running.splice(0).map(node => node.kill()))
  place.clear()
})

async function start(name: string, ...args: string[]): Promise<RunningNode> {
  const node = await startNode(place.path(name), ...args.length > 0 ? args : LOCAL)
  running.push(node)
  return node
}

async function stop(node: RunningNode): Promise<void> {
  running.splice(running.indexOf(node), 1)
  await node.stop()
}

async function get<T>(node: RunningNode, path: string): Promise<T> {
  const answer = await fetch(new URL(`/api/v1${path}`, node.url))
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return await answer.json() as T
}

const send = (node: RunningNode, path: string, body: unknown, method = 'POST'): Promise<Response> =>
  fetch(new URL(`/api/v1${path}`, node.url), { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

const peers = async (node: RunningNode): Promise<readonly Peer[]> => (await get<{ items: Peer[] }>(node, '/peers')).items
const refs = async (node: RunningNode): Promise<string[]> => (await get<{ items: { namespace: string, name: string }[] }>(node, '/datasets')).items.map(({ namespace, name }) => `${namespace}/${name}`).sort()
const idOf = async (node: RunningNode): Promise<string> => (await get<{ id: string }>(node, '/node')).id
const invite = async (node: RunningNode, ...args: string[]): Promise<string> => (await shoalJson<{ invite: string }>(node.home, 'invite', ...args)).invite

/** The first founds, the others join as writers; each knows the names of all. */
async function team(...names: string[]): Promise<RunningNode[]> {
  const nodes = await Promise.all(names.map(name => start(name)))
  for (const node of nodes.slice(1)) await shoalJson(node.home, 'join', await invite(nodes[0] as RunningNode))
  await until(async () => (await Promise.all(nodes.map(peers))).every(all => all.length === nodes.length - 1 && all.every(peer => peer.connected)))
  return nodes
}

describe('invites between processes', () => {
  it('S1: wrong, used, expired and revoked ones are told apart, by shell and HTTP', async () => {
    const a = await start('a')
    const good = await invite(a)
    const expired = await invite(a, '--expires', '1s')
    const revoked = await shoalJson<{ id: string, invite: string }>(a.home, 'invite')
    await shoalJson(a.home, 'invite', 'revoke', revoked.id)
    const wrong = writeInvite({ ...readInvite(good), secret: new Uint8Array(16) })
    const used = good
    const b = await start('b')
    await shoalJson(b.home, 'join', good)
    await sleep(1_000)
    const c = await start('c')
    const told = { INVITE_INVALID: [wrong, /made no such invite/], INVITE_USED: [used, /used already/], INVITE_EXPIRED: [expired, /expired/], INVITE_REVOKED: [revoked.invite, /taken back/] } as const
    for (const [code, [line, words]] of Object.entries(told)) {
      // Once with a node and once without, each on a home of its own.
      for (const home of [c.home, place.path('fresh')]) {
        const { status, stderr } = await shoal(home, ['join', line])
        expect([code, status !== 0, stderr.trim().split('\n').length]).toEqual([code, true, 1])
        expect(stderr).toMatch(words)
      }
      const answer = await send(c, '/join', { invite: line })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(await answer.json()).toMatchObject({ code })
    }
    for (const [text, words] of [['hello', /this is not an invite/], [good.slice(0, -9), /cut off/], [`${good.slice(0, 20)}${good[20] === 'a' ? 'b' : 'a'}${good.slice(21)}`, /mistyped/]] as const) {
      expect((await shoal(c.home, ['join', text])).stderr).toMatch(words)
    }
    expect((await get<{ items: unknown[] }>(a, '/members')).items).toHaveLength(2)
  })
})

describe('members in processes of their own', () => {
  it('K1: a private dataset is neither listed nor served to those without access', async () => {
    const [a, b, c] = await team('a', 'b', 'c') as [RunningNode, RunningNode, RunningNode]
    writeFileSync(place.path('secret.txt'), 'nobody else reads this')
    await shoalJson(a.home, 'dataset', 'create', 'team/secret', '--public', 'false')
    expect((await send(a, '/datasets/team/secret', { registry: [await idOf(b)] }, 'PATCH')).ok).toBe(true)
    await shoalJson(a.home, 'import', place.path('secret.txt'), 'team/secret')
    await shoalJson(a.home, 'publish', 'team/secret')
    await shoalJson(a.home, 'dataset', 'create', 'team/open')
    await until(async () => (await refs(b)).length === 2 && (await refs(c)).length === 1)
    await shoalJson(b.home, 'sync', '--wait')
    expect((await shoal(b.home, ['cat', 'team/secret:secret.txt'])).stdout).toBe('nobody else reads this')
    const id = (await get<{ id: string }>(a, '/datasets/team/secret')).id
    const { hash } = (await get<{ items: { hash: string }[] }>(a, '/datasets/team/secret/versions/1.0.0/files')).items[0] as { hash: string }
    for (const node of [c]) {
      await shoalJson(node.home, 'sync', '--wait')
      expect(await refs(node)).toEqual(['team/open'])
      for (const args of [['dataset', 'show', 'team/secret'], ['cat', 'team/secret:secret.txt'], ['checkout', 'team/secret', place.path('out')], ['sync', 'team/secret', '--wait']]) {
        expect([args[0], (await shoal(node.home, args)).status]).toEqual([args[0], 3])
      }
      expect((await fetch(new URL('/api/v1/datasets/team/secret', node.url))).status).toBe(404)
    }
    // Not even its name or a hash lies in what the third holds.
    await stop(c)
    const held = await shoal(c.home, ['dataset', 'list', '--json'])
    for (const text of ['secret', id, hash]) expect(held.stdout).not.toContain(text)
  })

  it('S8: a reader changes nothing, by shell or HTTP; a removed member gets nothing new from anybody, and hears it', async () => {
    const [a, b] = await team('a', 'b') as [RunningNode, RunningNode]
    const c = await start('c')
    await shoalJson(c.home, 'join', await invite(a, '--role', 'reader'))
    await shoalJson(a.home, 'dataset', 'create', 'team/data')
    await until(async () => (await refs(c)).length === 1)
    for (const args of [['dataset', 'create', 'team/mine'], ['dataset', 'edit', 'team/data', '--description', 'mine'], ['publish', 'team/data'], ['members', 'remove', await idOf(b)], ['invite']]) {
      expect([args[0], (await shoal(c.home, args)).status]).toEqual([args[0], 4])
    }
    expect(await (await send(c, '/datasets/team/data', { description: 'mine' }, 'PATCH')).json()).toMatchObject({ code: 'NOT_ALLOWED' })

    const removed = await idOf(c)
    await shoalJson(a.home, 'members', 'remove', removed)
    await until(async () => (await peers(a)).length === 1 && (await peers(b)).length === 1)
    await until(async () => (await peers(c)).every(peer => !peer.connected))
    await shoalJson(a.home, 'dataset', 'create', 'team/later')
    await until(async () => (await refs(b)).length === 2)
    // Also when it comes back as if nothing had been.
    await stop(c)
    const again = await start('c')
    const refusedBy = (node: RunningNode): boolean => node.log().includes(`was refused {"offender":"${removed}"`)
    await until(() => refusedBy(a) && refusedBy(b))
    expect(await refs(again)).toEqual(['team/data'])
    expect((await peers(again)).every(peer => !peer.connected)).toBe(true)
  })

  it('S2: one that stands still is noticed within ten seconds, and is back when it goes on; so is one that was restarted elsewhere', async () => {
    const [a, b] = await team('a', 'b') as [RunningNode, RunningNode]
    const connected = async (): Promise<boolean> => (await peers(a))[0]?.connected === true
    b.process.kill('SIGSTOP')
    expect(await until(async () => !await connected())).toBeLessThan(10_500)
    await shoalJson(a.home, 'dataset', 'create', 'team/meanwhile')
    // Long enough for the other side to see that it slept.
    await sleep(8_000)
    b.process.kill('SIGCONT')
    expect(await until(async () => await connected() && (await refs(b)).length === 1, 40_000)).toBeLessThan(35_000)

    const before = (await peers(a))[0]?.addresses ?? []
    await stop(b)
    await until(async () => !await connected())
    const moved = await start('b', '--listen', '/ip4/127.0.0.7/tcp/0', '--no-examples', '--no-mdns')
    await until(connected, 30_000)
    await shoalJson(moved.home, 'dataset', 'create', 'team/moved')
    await until(async () => (await refs(a)).includes('team/moved'))
    expect((await peers(a))[0]?.addresses.some(address => address.startsWith('/ip4/127.0.0.7/') && !before.includes(address))).toBe(true)
  })

  it('S2: `shoal peers` shows who, how connected, round trip and rates', async () => {
    const [a, b] = await team('a', 'b') as [RunningNode, RunningNode]
    writeFileSync(place.path('large.bin'), Buffer.alloc(20_000_000, 'some data '))
    await shoalJson(a.home, 'import', place.path('large.bin'), 'team/data')
    await shoalJson(a.home, 'publish', 'team/data')
    await shoalJson(b.home, 'sync', '--wait')
    await until(async () => (await peers(a))[0]?.roundTripMs !== undefined)
    const [peer] = await peers(a)
    expect(peer).toMatchObject({ name: expect.any(String), connected: true, via: 'direct', address: expect.stringContaining('127.0.0.1') })
    expect(peer?.outRate).toBeGreaterThan(0)
    expect(peer?.roundTripMs).toBeLessThan(1_000)
    const { stdout } = await shoal(a.home, ['peers'])
    expect(stdout).toMatch(/NAME +VIA +ROUND TRIP +IN +OUT +IN\/S +OUT\/S +SEEN +ADDRESS/)
    expect(stdout).toMatch(/ direct +[\d.]+ ms .*\/s .*now +\/ip4\/127\.0\.0\.1/)
  })
})

describe('clocks', () => {
  it('S2: wrong by ten years on either side change nothing', async () => {
    const shifted = async (name: string, years: number): Promise<RunningNode> => {
      const preload = place.path(`clock-${name}.mjs`)
      writeFileSync(preload, `const now = Date.now; const by = ${years} * 365.25 * 86400000; Date.now = () => now() + by\n`)
      const node = await startNodeWithin(['env', `NODE_OPTIONS=--import=${preload}`], place.path(name), ...LOCAL)
      running.push(node)
      return node
    }
    const [a, b] = await Promise.all([shifted('a', -10), shifted('b', 10)])
    const c = await start('c')
    for (const node of [b, c]) expect((await send(node, '/join', { invite: await invite(a) })).ok).toBe(true)
    const all = [a, b, c]
    await until(async () => (await Promise.all(all.map(peers))).every(found => found.length === 2 && found.every(peer => peer.connected)))
    const year = new Date((await get<{ startedAt: string }>(a, '/node')).startedAt).getUTCFullYear()
    expect(new Date((await get<{ startedAt: string }>(b, '/node')).startedAt).getUTCFullYear() - year).toBeGreaterThanOrEqual(19)
    await shoalJson(b.home, 'dataset', 'create', 'team/data')
    writeFileSync(place.path('one.txt'), 'one')
    await shoalJson(b.home, 'import', place.path('one.txt'), 'team/data')
    // What is said later counts, whatever the clocks say: each has seen the one before.
    for (const [i, node] of [b, a, c, a, b, a].entries()) {
      await shoalJson(node.home, 'dataset', 'edit', 'team/data', '--description', `text ${i}`)
      await until(async () => (await Promise.all(all.map(one => get<{ description: string }>(one, '/datasets/team/data')))).every(found => found.description === `text ${i}`))
    }
    await shoalJson(a.home, 'sync', 'team/data', '--wait')
    await shoalJson(a.home, 'publish', 'team/data')
    for (const node of [b, c]) {
      await shoalJson(node.home, 'sync', '--wait')
      expect((await shoal(node.home, ['cat', 'team/data@1.0.0:one.txt'])).stdout).toBe('one')
    }
    for (const node of all) expect(node.log()).not.toMatch(/a change was refused|broke the protocol/)
  })
})

/** A team of two; of the second one, which is stopped, a copy of its home from before its last change, which reached the first. */
async function wroteOn(): Promise<{ a: RunningNode, b: RunningNode, copy: string }> {
  const [a, b] = await team('a', 'b') as [RunningNode, RunningNode]
  await stop(b)
  const copy = place.path('copy')
  cpSync(b.home, copy, { recursive: true })
  const on = await start('b')
  await shoalJson(on.home, 'dataset', 'create', 'team/after-the-copy')
  await until(async () => (await refs(a)).length === 1)
  await stop(on)
  return { a, b, copy }
}

describe('a home that was copied or restored', () => {
  it('S2: one whose disk was set back in place first asks a member what its device said since, and contradicts nothing', async () => {
    const { a, b, copy } = await wroteOn()
    // As a disk is set back: every file holds what it held, and is the same file.
    for (const name of readdirSync(b.home)) if (name !== 'place') rmSync(place.path('b', name), { recursive: true })
    cpSync(copy, b.home, { recursive: true, filter: path => !path.endsWith('/place') })

    const again = await start('b')
    expect((await send(again, '/datasets', { namespace: 'team', name: 'at-once' })).status).toBe(201)
    expect(again.log()).toContain('this home was set back to an earlier state')
    await until(async () => (await refs(a)).length === 2)
    for (const node of [a, again]) {
      expect(await refs(node)).toEqual(['team/after-the-copy', 'team/at-once'])
      expect(node.log()).not.toContain('a change was refused')
    }
  })

  it('S2: one that reaches nobody writes soon all the same', async () => {
    const [a, b] = await team('a', 'b') as [RunningNode, RunningNode]
    await Promise.all([a, b].map(stop))
    const alone = await start('b')
    const begun = performance.now()
    expect((await send(alone, '/datasets', { namespace: 'team', name: 'alone' })).status).toBe(201)
    expect(performance.now() - begun).toBeLessThan(6_000)
  })

  it('S2: writes nothing until a member has told it what its device said since; then it goes on, and nothing is lost', async () => {
    const { a, copy: backup } = await wroteOn()
    const addresses = (await get<{ addresses: string[] }>(a, '/node')).addresses
    const port = addresses[0]?.split('/')[4] ?? ''
    await stop(a)

    const restored = await start('copy')
    for (const again of [1, 2]) {
      const refused = await shoal(backup, ['dataset', 'create', 'team/too-early'])
      expect([again, refused.status]).toEqual([again, 4])
      expect(refused.stderr).toMatch(/copied or restored from a backup.*shoal start/)
    }
    expect(await (await send(restored, '/datasets', { namespace: 'team', name: 'too-early' })).json()).toMatchObject({ code: 'HOME_COPIED' })
    const met = await start('a', '--listen', `/ip4/127.0.0.1/tcp/${port}`, '--no-examples', '--no-mdns')
    await until(() => restored.log().includes('this home was copied or restored from a backup; it has heard'), 30_000)
    expect(await refs(restored)).toEqual(['team/after-the-copy'])
    await shoalJson(backup, 'dataset', 'create', 'team/and-on')
    await until(async () => (await refs(met)).length === 2)
    for (const node of [met, restored]) expect(node.log()).not.toContain('a change was refused')
    // It is at home there now; a home that moved on its owner's word writes at once.
    await stop(restored)
    expect((await shoal(backup, ['dataset', 'create', 'team/at-home'])).status).toBe(0)
    const moved = place.path('moved')
    cpSync(backup, moved, { recursive: true })
    expect((await shoal(moved, ['dataset', 'create', 'team/no'])).status).toBe(4)
    await start('moved', ...LOCAL, '--moved')
    expect((await shoal(moved, ['dataset', 'create', 'team/yes'])).status).toBe(0)
    expect(readFileSync(place.path('moved', 'place'), 'utf8')).not.toBe(readFileSync(place.path('copy', 'place'), 'utf8'))
  })
})
