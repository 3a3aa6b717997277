import { fail } from '../../errors/index.ts'
import { parseDatasetRef, parseVersionRef } from '../../model/index.ts'
import type { Network } from '../../sync/index.ts'
import {
  invite, inviteBody, invitePage, joinBody, joinResult, limits, limitsBody, member, memberBody, memberPage, paging, peerPage, replicationPage, syncBody, syncReport, syncState
} from '../contract.ts'
import { memberOf } from '../names.ts'
import { pageOf } from '../paging.ts'
import { jobRoute, silentRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { z } from 'zod'

const group = 'Network'

/** @throws NETWORK_OFF */
export const networkOf = (services: Services): Network => services.network ?? fail('NETWORK_OFF', 'this node runs without a network')

const replicationQuery = z.strictObject({ ...paging, dataset: z.string().exactOptional().meta({ description: 'only of this one: `namespace/name`' }) })
const listQuery = z.strictObject(paging)

/** The team and its other nodes: members, peers, invites, joining, sync. */
export const networkRoutes = (services: Services): Route[] => [...memberRoutes(services), ...inviteRoutes(services), ...syncRoutes(services)]

function memberRoutes(services: Services): Route[] {
  return [
    valueRoute({
      method: 'get', path: '/api/v1/members', group, summary: 'Devices of the team', query: listQuery,
      answers: { 200: { description: 'a page of members', schema: memberPage } }
    }, async ({ query }) => pageOf(services.catalog.members(), member => member.id, query)),

    valueRoute({
      method: 'patch', path: '/api/v1/members/{peer}', group, summary: 'Change what a member may do; {peer} is its id or, where one member has it, its name', body: memberBody,
      answers: { 200: { description: 'the member', schema: member } }, failures: ['NOT_ALLOWED', 'MEMBER_NOT_FOUND']
    }, async ({ params, body }) => {
      const { id } = memberOf(services.catalog.members(), params.peer)
      await services.catalog.setRole(id, body.role)
      return memberOf(services.catalog.members(), id)
    }),

    silentRoute({
      method: 'delete', path: '/api/v1/members/{peer}', group, summary: 'Remove a member; {peer} is its id or, where one member has it, its name',
      failures: ['NOT_ALLOWED', 'MEMBER_NOT_FOUND']
    }, async ({ params }) => await services.catalog.removeMember(memberOf(services.catalog.members(), params.peer).id)),

    valueRoute({
      method: 'get', path: '/api/v1/peers', group, summary: 'Other nodes, as this one sees them', query: listQuery,
      answers: { 200: { description: 'a page of peers', schema: peerPage } }
    }, async ({ query }) => pageOf(services.network?.peers() ?? [], peer => peer.id, query))
  ]
}

function inviteRoutes(services: Services): Route[] {
  return [
    valueRoute({
      method: 'get', path: '/api/v1/invites', group, summary: 'Invites this node made: open ones, and those that ended within a day', query: listQuery,
      answers: { 200: { description: 'a page of invites', schema: invitePage } }
    }, async ({ query }) => pageOf(services.network?.invites() ?? [], item => item.id, query)),

    silentRoute({
      method: 'delete', path: '/api/v1/invites/{id}', group, summary: 'Take an open invite back', failures: ['INVITE_NOT_FOUND', 'INVITE_USED', 'INVITE_EXPIRED', 'NETWORK_OFF']
    }, async ({ params }) => await networkOf(services).revokeInvite(params.id)),

    valueRoute({
      method: 'post', path: '/api/v1/invites', group, summary: 'Make an invite for another machine', body: inviteBody,
      answers: { 201: { description: 'the invite', schema: invite } }, failures: ['NOT_ALLOWED', 'NETWORK_OFF']
    }, async ({ body }) => await networkOf(services).invite(body)),

    jobRoute({
      method: 'post', path: '/api/v1/join', group, summary: 'Take this fresh node into another workspace', body: joinBody, answer: joinResult,
      failures: ['INVITE_INVALID', 'INVITE_EXPIRED', 'INVITE_USED', 'INVITE_REVOKED', 'WORKSPACE_TAKEN', 'PEER_UNREACHABLE', 'NETWORK_OFF']
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
      return { connected: peers.filter(peer => peer.connected).length, peers, ...services.network?.transfers() ?? { versions: [], sources: [] }, running }
    }),

    valueRoute({
      method: 'get', path: '/api/v1/replication', group, summary: 'On how many machines published versions are safe', query: replicationQuery,
      answers: { 200: { description: 'a page of published versions', schema: replicationPage } }, failures: ['NETWORK_OFF', 'DATASET_NOT_FOUND', 'REFERENCE_INVALID']
    }, async ({ query: { dataset, ...paged } }) => {
      const ref = dataset === undefined ? undefined : parseDatasetRef(dataset)
      return pageOf(networkOf(services).replication(ref), item => item.record, paged)
    }),

    valueRoute({
      method: 'get', path: '/api/v1/limits', group, summary: 'How fast data may go out and come in', answers: { 200: { description: 'the limits; none where one is left out', schema: limits } }
    }, async () => networkOf(services).limits()),

    valueRoute({
      method: 'put', path: '/api/v1/limits', group, summary: 'Limit how fast data goes out and comes in; null takes a limit away', body: limitsBody,
      answers: { 200: { description: 'the limits from now on', schema: limits } }, failures: ['FIELD_INVALID', 'NETWORK_OFF']
    }, async ({ body }) => await networkOf(services).setLimits(body)),

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

