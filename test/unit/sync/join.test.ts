import { expect, it } from 'vitest'
import { joinWorkspace } from '../../../src/catalog/index.ts'
import { Invites } from '../../../src/peers/index.ts'
import { readEnvelope } from '../../../src/trust/index.ts'
import { askToJoin, serveJoin } from '../../../src/sync/join.ts'
import { ENVELOPES_AT_ONCE } from '../../../src/sync/limits.ts'
import { FrameStream, helloOf } from '../../../src/wire/index.ts'
import { memoryStreams } from '../../support/memory-streams.ts'
import { resigned } from '../catalog/forge.ts'
import { World, envelopesOf } from '../catalog/world.ts'

it('S1: a joiner hears who is a member once, also where an admin contradicted itself', async () => {
  const world = await World.make(3)
  try {
    const a = await world.founder()
    const b = await world.member(a, 'b', 'admin')
    for (const name of ['c', 'd']) await world.member(b, name)
    // More than are sent at once.
    for (let i = 0; i <= ENVELOPES_AT_ONCE; i++) await a.catalog.addMember({ id: world.device().id, name: `${i}`, role: 'reader', addresses: [] })
    await a.catalog.admit(await envelopesOf(b.catalog))
    const [, second] = (await envelopesOf(a.catalog, ['workspace'])).filter(bytes => readEnvelope(bytes).device === b.device.id)
    await a.catalog.admit([resigned(b.device, second as Uint8Array, { at: 1 })])

    const invites = await Invites.open(world.folder, world.clock, world.chance)
    const { secret } = await invites.create({})
    const hello = helloOf({ workspace: a.catalog.workspace, agent: 'test', name: 'e', addresses: [] })
    const joiner = world.device()
    const [near, far] = memoryStreams()
    const deps = { invites, catalog: a.catalog, chance: world.chance, hello, genesis: await a.catalog.genesis(), joined: () => undefined }
    const serving = serveJoin(new FrameStream(far, { peer: 'joiner' }), deps, joiner.id, '127.0.0.1')
    const asking = new FrameStream(near, { peer: 'inviter' })
    const welcome = await askToJoin(asking, { secret, inviter: a.device.id, hello, joiner: joiner.id, signal: AbortSignal.timeout(10_000) })
    await asking.close()
    await serving

    expect(welcome.envelopes).toHaveLength(new Set(welcome.envelopes.map(bytes => Buffer.from(bytes).toString('base64'))).size)
    const catalog = world.keep(await joinWorkspace({ ...world.options('e', joiner), genesis: welcome.genesis }))
    await catalog.admit(welcome.envelopes)
    expect(catalog.members()).toEqual(a.catalog.members())
    expect(catalog.stateHash()).toBe(a.catalog.stateHash())
  } finally {
    await world.remove()
  }
})
