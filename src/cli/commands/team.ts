import type { Command } from 'commander'
import { fail } from '../../errors/index.ts'
import type { Peer } from '../../http/index.ts'
import { parseDatasetRef } from '../../model/index.ts'
import { type Setup, action } from '../context.ts'
import { counted, formatBytes, formatTable, formatTime } from '../format.ts'
import { rowsOf } from '../rows.ts'
import { durationValue, given, wholeValue } from '../values.ts'
import { limitCommands, replicationCommands, transfersShown } from './holdings.ts'

type Role = 'admin' | 'writer' | 'reader'
type Keep = 'all' | 'published' | 'latest' | 'none'

/** `shoal invite`, `join`, `members`, `peers`, `sync`, `keep`. */
export function teamCommands(program: Command, setup: Setup): void {
  inviteCommands(program, setup)
  memberCommands(program, setup)
  syncCommands(program, setup)
  limitCommands(program, setup)
  replicationCommands(program, setup)
}

function inviteCommands(program: Command, setup: Setup): void {
  const command = program.command('invite').description('print a line that lets another machine join')
    .option('--role <role>', 'admin, writer or reader', 'writer')
    .option('--uses <count>', 'how many machines may use it', wholeValue, 1)
    .option('--expires <time>', 'how long it is good, e.g. 12h or 2d (default: 1d)', durationValue)
    .addHelpText('after', '\nExample:\n  shoal invite --role reader --expires 12h')
    .action(action(setup, async ({ client, out, remote }, { role, uses, expires }: { role: Role, uses: number, expires?: number }) => {
      if (!remote) fail('NODE_UNREACHABLE', 'no node runs on this home, so nobody could join; start one with `shoal start` and invite then')
      const invite = await client.invite({ role, uses, ...given({ expiresMs: expires }) })
      out.notice(`On the other machine, within the time (until ${formatTime(invite.expiresAt)}), run: shoal join <this line>`)
      out.answer(invite, () => invite.invite)
    }))

  command.command('list').description('list the invites this node made: open ones, and those that ended within a day')
    .addHelpText('after', '\nExample:\n  shoal invite list')
    .action(action(setup, async ({ client, out }) => {
      const invites = await rowsOf(client.invites())
      const rows = invites.map(invite => [invite.id, invite.role, invite.state, `${invite.joined.length} of ${invite.uses}`, formatTime(invite.expiresAt)])
      out.answer(invites, () => invites.length === 0 ? 'no invites; make one with `shoal invite`' : formatTable(['ID', 'ROLE', 'STATE', 'USED', 'UNTIL'], rows))
    }))

  command.command('revoke <id>').description('take an open invite back')
    .addHelpText('after', '\nExample:\n  shoal invite revoke 0123456789ab')
    .action(action(setup, async ({ client, out }, id: string) => {
      await client.revokeInvite(id)
      out.result({ id, state: 'revoked' }, () => `revoked; nobody joins with ${id} any more`)
    }))

  program.command('join <invite>').description('join the workspace of another machine')
    .addHelpText('after', '\nExample:\n  shoal join shoal1…')
    .action(action(setup, async ({ client, out, signal }, invite: string) => {
      const result = await out.progress(onProgress => client.join(invite, { signal, onProgress }))
      out.result(result, () => `joined; members: ${result.members.map(member => member.name).join(', ')}`)
    }, { network: true }))
}

function memberCommands(program: Command, setup: Setup): void {
  const command = program.command('members').description('list the members of the workspace')
    .addHelpText('after', '\nExample:\n  shoal members')
    .action(action(setup, async ({ client, out }) => {
      const members = await rowsOf(client.members())
      const rows = members.map(member => [member.name, member.role, member.removed ? 'removed' : '', formatTime(member.addedAt), member.id])
      out.answer(members, () => formatTable(['NAME', 'ROLE', '', 'SINCE', 'ID'], rows))
    }))

  command.command('role <member> <role>').description('change what a member may do: admin, writer or reader; by its name or id')
    .addHelpText('after', '\nExample:\n  shoal members role laptop reader')
    .action(action(setup, async ({ client, out }, name: string, role: string) => {
      const member = await client.setRole(name, role as Role)
      out.result(member, () => `${member.name} is ${member.role} now`)
    }))

  command.command('remove <member>').description('remove a member; by its name or id. It keeps what it has and gets nothing new')
    .addHelpText('after', '\nExample:\n  shoal members remove laptop')
    .action(action(setup, async ({ client, out }, name: string) => {
      await client.removeMember(name)
      out.result({ member: name, removed: true }, () => `removed ${name}`)
    }))

  program.command('peers').description('list other nodes: who is connected, how, how fast')
    .addHelpText('after', '\nExample:\n  shoal peers')
    .action(action(setup, async ({ client, out }) => {
      const peers = await rowsOf(client.peers())
      out.answer(peers, () => peers.length === 0 ? 'no peers; invite one with `shoal invite`' : peerTable(peers))
    }))
}

/** A row for each peer; below it, for one that can't be reached, why and when it is tried next. */
function peerTable(peers: readonly Peer[]): string {
  const rows = peers.map(peer => [
    peer.name, peer.connected ? peer.via ?? 'connected' : 'away', peer.roundTripMs === undefined ? '-' : `${peer.roundTripMs.toFixed(1)} ms`,
    formatBytes(peer.bytesIn), formatBytes(peer.bytesOut), `${formatBytes(peer.inRate)}/s`, `${formatBytes(peer.outRate)}/s`,
    peer.connected ? 'now' : peer.lastSeen === undefined ? 'never' : formatTime(peer.lastSeen), peer.address ?? peer.addresses[0] ?? '-'
  ])
  const [head = '', ...lines] = formatTable(['NAME', 'VIA', 'ROUND TRIP', 'IN', 'OUT', 'IN/S', 'OUT/S', 'SEEN', 'ADDRESS'], rows).split('\n')
  return [head, ...lines.flatMap((line, i) => [line, ...awayLine(peers[i])])].join('\n')
}

function awayLine(peer: Peer | undefined): readonly string[] {
  if (peer === undefined || peer.connected || peer.attempts === undefined) return []
  const next = peer.nextTry === undefined ? 'trying now' : `next try ${peer.nextTry.slice(11, 19)}`
  return [`  ${counted(peer.attempts, 'try', 'tries')}, ${next}${peer.lastError === undefined ? '' : `: ${peer.lastError.detail}`}`]
}

function syncCommands(program: Command, setup: Setup): void {
  program.command('sync [version]').description('exchange with the peers now')
    .option('--wait', 'until everything wanted is here')
    .option('--show', 'only show what is being fetched, and from whom')
    .addHelpText('after', '\nExample:\n  shoal sync vision/pets@latest --wait')
    .action(action(setup, async ({ client, out, signal }, ref: string | undefined, options: { wait?: boolean, show?: boolean }) => {
      if (options.show === true) {
        const state = await client.syncState()
        return out.answer(state, () => transfersShown(state))
      }
      const report = await out.progress(onProgress => client.sync({ ...given({ ref }), ...given({ wait: options.wait }) }, { signal, onProgress }))
      const missing = report.missing.length === 0 ? 'everything wanted is here' : `still missing: ${report.missing.join(', ')}`
      out.result(report, () => `${counted(report.peers, 'peer')}, ${counted(report.envelopes, 'change')}, ${counted(report.chunks, 'chunk')} (${formatBytes(report.bytes)}); ${missing}`)
    }, { network: true }))

  program.command('keep <dataset> [what]').description('what this node holds of a dataset: all, published, latest or none; without it: show it')
    .addHelpText('after', '\nExample:\n  shoal keep vision/pets latest')
    .action(action(setup, async ({ client, out }, name: string, what: string | undefined) => {
      const ref = parseDatasetRef(name)
      const keep = what === undefined ? await client.datasets.keep(ref) : await client.datasets.setKeep(ref, what as Keep)
      out.result({ dataset: name, keep }, () => `keeping ${keep} of ${name}`)
    }))
}
