import '../../../src/runtime/polyfill.ts'
import type { MemberView } from '../../../src/catalog/index.ts'
import { fail } from '../../../src/errors/index.ts'
import type { Services } from '../../../src/http/index.ts'
import type { DeviceId, WorkspaceId } from '../../../src/model/index.ts'
import { UsageBook } from '../../../src/upkeep/index.ts'
import { Events, Jobs, type Log, manualClock, silentLog } from '../../../src/runtime/index.ts'
import type { InviteItem, Keep, Network } from '../../../src/sync/index.ts'
import { fakeDatasets } from './datasets.ts'
import { fakeFiles } from './files.ts'
import { fakeReach, fakeUploads } from './uploads.ts'
import { DEVICE, World } from './world.ts'

export { DEVICE, World, fakeHash } from './world.ts'
export { keep } from './files.ts'

const TIME = '2026-01-01T00:00:00.000Z'
const MEMBER: MemberView = { id: DEVICE, name: 'desk', role: 'admin', addresses: [], addedAt: TIME, addedBy: DEVICE, removed: false }

export interface FakeServices extends Services {
  readonly world: World
  /** Errors that were logged. */
  readonly logged: { message: string, fields: unknown }[]
}

/** All services of a node in memory. @param options `network: false` leaves the network out */
export function fakeServices(options: { network?: boolean } = {}): FakeServices {
  const world = new World()
  const clock = manualClock()
  const events = new Events(() => clock.now())
  const logged: FakeServices['logged'] = []
  const log: Log = { ...silentLog, error: (message, fields) => { logged.push({ message, fields }) }, child: () => log }
  const others: MemberView[] = [{ ...MEMBER, id: 'device-2' as DeviceId, name: 'laptop', role: 'writer' }]
  const other = (id: DeviceId): number => others.findIndex(member => member.id === id && !member.removed)
  const catalog: Services['catalog'] = {
    refusals: () => [],
    workspace: 'workspace-1' as WorkspaceId,
    members: () => [MEMBER, ...others],
    setRole: async (id, role) => { others.splice(other(id), 1, { ...others[other(id)] ?? fail('NOT_ALLOWED', 'the only admin'), role }) },
    removeMember: async id => { others.splice(other(id), 1, { ...others[other(id)] ?? fail('NOT_ALLOWED', 'the only admin'), removed: true }) },
    datasets: () => [...world.datasets.values()]
  }
  return {
    world,
    logged,
    node: { id: DEVICE, name: 'desk', version: '0.1.0', startedAt: new Date(clock.now()).toISOString() },
    datasets: fakeDatasets(world),
    files: fakeFiles(world),
    uploads: fakeUploads(),
    links: fakeReach(),
    usage: new UsageBook({ path: undefined, clock, log: silentLog }),
    upkeep: {
      verify: async (_ref, { repair } = {}) => ({ chunks: 3, bytes: 300, damaged: [], repaired: repair === true ? 1 : 0 }),
      collect: async ({ dryRun } = {}) => ({ chunks: 1, bytes: 100, dryRun: dryRun === true, kept: 2 })
    },
    bundles: { export: async function* () { yield Buffer.from('bundle') }, import: () => fail('BUNDLE_INVALID', 'no bundle') },
    network: options.network === false ? undefined : fakeNetwork(world),
    catalog,
    store: { stats: async () => ({ chunks: 3, bytes: 300, storedBytes: 200 }) },
    jobs: new Jobs(events, () => clock.now()),
    events,
    clock,
    log
  }
}

/** A network with one peer, which does what it is told. */
export function fakeNetwork(world: World): Network {
  const invites: InviteItem[] = []
  return {
    addresses: () => ['/ip4/127.0.0.1/tcp/4001/p2p/device-1'],
    peers: () => [{ id: DEVICE, name: 'laptop', connected: true, via: 'mdns', address: '/ip4/10.0.0.2/tcp/7421', addresses: [], roundTripMs: 1.5, lastSeen: TIME, bytesIn: 10, bytesOut: 20, inRate: 1, outRate: 2 }],
    invite: async ({ role = 'writer', uses = 1 } = {}) => {
      invites.unshift({ id: `i${invites.length + 1}`, role, uses, state: 'open', expiresAt: TIME, joined: [] })
      return { id: invites[0]?.id ?? '', invite: 'shoal-invite-1', role, uses, expiresAt: TIME }
    },
    invites: () => invites,
    revokeInvite: async id => {
      const at = invites.findIndex(invite => invite.id === id)
      invites.splice(at, 1, { ...invites[at] ?? fail('INVITE_NOT_FOUND', 'no such invite'), state: 'revoked' })
    },
    join: async invite => invite.startsWith('shoal-invite-') ? { workspace: 'workspace-2', members: [MEMBER] } : fail('INVITE_INVALID', 'that is no invite'),
    sync: async (ref, { wait } = {}) => ({ peers: 1, envelopes: 2, chunks: 3, bytes: 4, missing: wait === true || ref === undefined ? [] : ['a/b@1.0.0'] }),
    keep: ref => (world.keeps.get(`${ref.namespace}/${ref.name}`) ?? 'all') as Keep,
    setKeep: async (ref, keep) => { world.keeps.set(`${ref.namespace}/${ref.name}`, keep) },
    transfers: () => ({ versions: [], sources: [] }),
    replication: () => [],
    bring: async () => undefined,
    hold: async () => undefined,
    async* collect() { /* has no peers */ },
    limits: () => world.limits,
    setLimits: async ({ upload, download }) => world.limits = { ...upload === undefined || upload === null ? {} : { upload }, ...download === undefined || download === null ? {} : { download } },
    start: async () => undefined,
    stop: async () => undefined
  }
}
