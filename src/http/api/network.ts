import { fail } from '../../errors/index.ts'
import { parseVersionRef } from '../../model/index.ts'
import type { Network } from '../../sync/index.ts'
import { invite, inviteBody, joinBody, joinResult, memberPage, paging, peerPage, syncBody, syncReport, syncState } from '../contract.ts'
import { pageOf } from '../paging.ts'
import { jobRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { z } from 'zod'

const group = 'Network'

/** @throws NETWORK_OFF */
export const networkOf = (services: Services): Network => services.network ?? fail('NETWORK_OFF', 'this node runs without a network')

const listQuery = z.strictObject(paging)

/** The team and its other nodes: members, peers, invites, joining, sync. */
export const networkRoutes = (services: Services): Route[] => [...teamRoutes(services), ...syncRoutes(services)]

function teamRoutes(services: Services): Route[] {
  return [
    valueRoute({
      method: 'get', path: '/api/v1/members', group, summary: 'Devices of the team', query: listQuery,
      answers: { 200: { description: 'a page of members', schema: memberPage } }
    }, async ({ query }) => pageOf(services.catalog.members(), member => member.id, query)),

    valueRoute({
      method: 'get', path: '/api/v1/peers', group, summary: 'Other nodes, as this one sees them', query: listQuery,
      answers: { 200: { description: 'a page of peers', schema: peerPage } }
    }, async ({ query }) => pageOf(services.network?.peers() ?? [], peer => peer.id, query)),

    valueRoute({
      method: 'post', path: '/api/v1/invites', group, summary: 'Make an invite for another machine', body: inviteBody,
      answers: { 201: { description: 'the invite', schema: invite } }, failures: ['NOT_ALLOWED', 'NETWORK_OFF']
    }, async ({ body }) => await networkOf(services).invite(body)),

    jobRoute({
      method: 'post', path: '/api/v1/join', group, summary: 'Take this fresh node into another workspace', body: joinBody, answer: joinResult,
      failures: ['INVITE_INVALID', 'INVITE_EXPIRED', 'INVITE_USED', 'WORKSPACE_TAKEN', 'PEER_UNREACHABLE', 'NETWORK_OFF']
    }, ({ body }) => {
      const network = networkOf(services)
      return { kind: 'join', subject: 'workspace', work: async context => await network.join(body.invite, context) }
    })
  ]
}

function syncRoutes(services: Services): Route[] {
  return [
    valueRoute({
      method: 'get', path: '/api/v1/sync', group, summary: 'Peers and the exchanges that run now',
      answers: { 200: { description: 'the state of the exchange', schema: syncState } }
    }, async () => {
      const peers = services.network?.peers() ?? []
      const running = services.jobs.list().filter(job => job.kind === 'sync' && job.state === 'running')
      return { connected: peers.filter(peer => peer.connected).length, peers, running }
    }),

    jobRoute({
      method: 'post', path: '/api/v1/sync', group, summary: 'Exchange with all connected peers', body: syncBody, answer: syncReport,
      failures: ['NETWORK_OFF', 'PEER_UNREACHABLE', 'TIMED_OUT', 'REFERENCE_INVALID']
    }, ({ body }) => {
      const network = networkOf(services)
      const ref = body.ref === undefined ? undefined : parseVersionRef(body.ref)
      const wait = body.wait === undefined ? {} : { wait: body.wait }
      return { kind: 'sync', subject: body.ref ?? 'everything', work: async context => await network.sync(ref, { ...context, ...wait }) }
    })
  ]
}

