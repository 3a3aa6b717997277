import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Node } from '../../src/daemon/node.ts'
import { parseVersionRef, type DeviceId } from '../../src/model/index.ts'
import { PeerNode, withoutPeer } from '../../src/peers/index.ts'
import { silentLog } from '../../src/runtime/index.ts'
import { greet } from '../../src/sync/greeting.ts'
import { deviceFromSeed, readEnvelope, signEnvelope } from '../../src/trust/index.ts'
import { FRAME, PROTOCOL, headsMessage, helloOf, markMessage, packEnvelopes, wantLogsMessage } from '../../src/wire/index.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { WholeNodes, networkOf } from '../support/whole-nodes.ts'

/** Two whole nodes in one process: real stores, real catalogs, real sockets. */

let nodes: WholeNodes
beforeEach(async () => { nodes = await WholeNodes.begin() })
afterEach(() => nodes.end())

async function joined(role: 'admin' | 'writer' | 'reader' = 'writer'): Promise<{ a: Node, b: Node }> {
  const [a, b] = await nodes.team(['a', 'b'], role) as [Node, Node]
  return { a, b }
}

/** A folder with files of many sizes and kinds. @returns their paths */
async function folderOf(count: number): Promise<string> {
  const folder = nodes.path('source')
  const files: Record<string, Buffer> = { 'README.md': Buffer.from('# data\n'), 'empty.txt': Buffer.alloc(0), 'large.bin': randomBytes(5_000_000), 'rows.csv': Buffer.from('id,value\n'.repeat(60_000)) }
  for (let i = 0; i < count; i++) files[`images/${i % 9}/picture ${i} ä.bin`] = randomBytes(1 + (i * 7919) % 40_000)
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  return folder
}

/** Content of a folder: path → hash. */
async function contentOf(folder: string): Promise<Record<string, string>> {
  const content: Record<string, string> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === '.shoal-checkout') continue
    const path = join(entry.parentPath, entry.name)
    content[path.slice(folder.length)] = createHash('sha256').update(await readFile(path)).digest('hex')
  }
  return content
}

const ref = parseVersionRef('vision/pets@1.0.0')

async function publish(node: Node, folder: string): Promise<void> {
  await node.files.import(folder, ref)
  await node.datasets.publish(ref)
}

describe('two nodes', () => {
  it('S1: a member hears of an address that is announced; one that nobody could dial is refused, and the home can be opened after it', async () => {
    const wrong = nodes.start('a', { announce: ['203.0.113.7:7421'] })
    await expect(wrong).rejects.toMatchObject({ code: 'FIELD_INVALID', message: expect.stringContaining('"203.0.113.7:7421"') as string, facts: { field: 'announce' } })
    const address = `/dns4/localhost/tcp/${await freePort()}`
    const a = await nodes.start('a', { announce: [address] })
    const b = await nodes.start('b')
    await networkOf(a).join((await networkOf(b).invite({ role: 'writer' })).invite)
    const told = () => b.catalog.members().find(member => member.id === a.services.node.id)?.addresses.map(withoutPeer)
    await until(() => told()?.includes(address) === true)
  })

  it('S1, S4: a dataset published on one arrives on the other byte for byte', { timeout: 30_000 }, async () => {
    const source = await folderOf(300)
    const a = await nodes.start('a')
    await publish(a, source)
    const b = await nodes.start('b')
    await networkOf(b).join((await networkOf(a).invite()).invite)
    const report = await networkOf(b).sync(undefined, { wait: true })
    expect(report).toMatchObject({ peers: 1, missing: [] })
    await b.files.checkout(ref, nodes.path('target'))
    expect(await contentOf(nodes.path('target'))).toEqual(await contentOf(source))
    expect(b.datasets.find(ref)).toEqual(a.datasets.find(ref))

    // And again after both were away: nothing crosses twice.
    await nodes.stop(b)
    const again = await nodes.start('b')
    expect((await networkOf(again).sync(undefined, { wait: true })).chunks).toBe(0)
    expect(networkOf(again).peers()).toMatchObject([{ id: a.services.node.id, connected: true }])
  })

  it('S1, S2: a change shows on the other within 200 ms; ones made apart meet', { timeout: 30_000 }, async () => {
    const { a, b } = await joined()
    await a.datasets.create({ namespace: 'vision', name: 'first' })
    await until(() => b.datasets.list().length === 1)
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      await a.datasets.edit({ namespace: 'vision', name: 'first' }, { description: `text ${i}` })
      times.push(await until(() => b.datasets.list()[0]?.description === `text ${i}`))
    }
    expect(times.sort((x, y) => x - y)[2]).toBeLessThan(200)

    await networkOf(b).stop()
    await a.datasets.create({ namespace: 'vision', name: 'by-a' })
    await b.datasets.create({ namespace: 'vision', name: 'by-b' })
    await b.datasets.edit({ namespace: 'vision', name: 'first' }, { tags: ['offline'] })
    await networkOf(b).start()
    await until(() => a.datasets.list().length === 3 && b.datasets.list().length === 3 && a.catalog.stateHash() === b.catalog.stateHash())
    expect(a.datasets.find({ namespace: 'vision', name: 'first' }).tags).toEqual(['offline'])
  })

  it('S8: a reader reads; what it signs without the right is refused by the other node, and changes nothing there', { timeout: 30_000 }, async () => {
    const { a, b } = await joined('reader')
    await publish(a, await folderOf(5))
    await networkOf(b).sync(undefined, { wait: true })
    await b.files.checkout(ref, nodes.path('target'))
    const dataset = b.datasets.find(ref)
    await expect(b.datasets.edit(ref, { description: 'mine' })).rejects.toMatchObject({ code: 'NOT_ALLOWED' })

    // A reader whose node does not keep the rule: it signs a change under its own key and hands it out.
    const first = readEnvelope((await a.catalog.envelopes(dataset.id, a.services.node.id as DeviceId, 0, 1))[0] ?? Buffer.of())
    const seed = new Uint8Array(Buffer.from((await readFile(nodes.path('b', 'device.key'), 'utf8')).trim(), 'hex'))
    // Its receipt is the only thing a reader may say, and stands first.
    const own = deviceFromSeed(seed).id
    await until(async () => (await a.catalog.logHeads([dataset.id])).some(head => head.device === own && head.seq === 1))
    const receipt = (await a.catalog.logHeads([dataset.id])).find(head => head.device === own)
    const forged = signEnvelope(deviceFromSeed(seed), { ...first, seq: 2, previous: receipt?.hash ?? new Uint8Array(32) })
    const before = a.datasets.find(ref)
    const known = { addresses: networkOf(a).addresses(), workspace: a.catalog.workspace, id: a.services.node.id }
    await nodes.stop(b)
    const rogue = new PeerNode({ seed, listen: ['/ip4/127.0.0.1/tcp/0'], agent: 'rogue', log: silentLog, admission: { isMember: () => true, isBarred: () => false, welcomesGuests: () => true } })
    let asked = false
    rogue.handle(PROTOCOL.catalog, { guests: true }, async stream => {
      await greet(stream, helloOf({ workspace: known.workspace, agent: 'rogue', name: 'rogue', addresses: [] }))
      await stream.sendMessage(FRAME.heads, headsMessage, { heads: [[dataset.id, own, 0, 2, forged.hash]] })
      for (let frame = await stream.receive(5_000); frame !== undefined; frame = await stream.receive(5_000)) {
        if (frame.type !== FRAME.wantLogs) continue
        asked = true
        const { id } = stream.decode(wantLogsMessage, frame)
        for (const part of packEnvelopes(id, [forged.bytes])) await stream.send(part)
        await stream.sendMessage(FRAME.logsDone, markMessage, { id })
      }
    })
    await rogue.start()
    await rogue.dial(known.id, known.addresses)
    await until(() => asked)
    await until(() => a.services.events.since(0)?.some(event => event.topic === 'sync' && JSON.stringify(event.data).includes('its author is a reader')) === true)
    expect(a.datasets.find(ref)).toEqual(before)
    await rogue.stop()
  })

  it('K1: a private dataset is neither announced nor sent to others, not even when it is deleted', { timeout: 30_000 }, async () => {
    const { a, b } = await joined()
    await a.datasets.create({ namespace: 'vision', name: 'secret', publicAccess: false })
    await a.datasets.create({ namespace: 'vision', name: 'open' })
    await until(() => b.datasets.list().length === 1)
    await networkOf(b).sync(undefined, { wait: true })
    expect(b.datasets.list().map(dataset => dataset.name)).toEqual(['open'])
    await a.datasets.remove({ namespace: 'vision', name: 'secret' }, { allVersions: true, force: true })
    await a.datasets.edit({ namespace: 'vision', name: 'open' }, { description: 'later' })
    await until(() => b.datasets.list()[0]?.description === 'later')
    await networkOf(b).sync(undefined, { wait: true })
    expect(new Set((await b.catalog.logHeads()).map(head => head.document))).toEqual(new Set(['workspace', b.datasets.list()[0]?.id]))
  })
})
