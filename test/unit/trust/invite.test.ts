import { describe, expect, it } from 'vitest'
import { type Invite, readInvite, writeInvite } from '../../../src/trust/index.ts'
import { device } from './world.ts'

const invite: Invite = {
  workspace: 'w'.repeat(52) as Invite['workspace'], inviter: device(1).id, addresses: ['/ip4/192.168.1.7/tcp/4001', '/dns4/example.org/tcp/4001'],
  secret: new Uint8Array(16).fill(9), role: 'writer', expiresAt: 1_800_000_000_000
}
const line = writeInvite(invite)
const reason = (text: string): string => {
  try {
    readInvite(text)
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVITE_INVALID' })
    return (error as Error).message
  }
  return 'taken'
}

describe('invites', () => {
  it('come back, also from a mail that broke the line', () => {
    expect(readInvite(line)).toEqual(invite)
    expect(readInvite(` ${line.slice(0, 40)}\r\n${line.slice(40)}\n`)).toEqual(invite)
  })

  it('tell another text, a cut-off line and a mistyped one apart', () => {
    for (const text of ['', 'hello', 'https://example.org', line.slice(1), 'x'.repeat(100_000)]) expect(reason(text)).toContain('not an invite')
    for (let length = 'shoal1'.length; length < line.length; length++) expect(reason(line.slice(0, length)), `${length} characters`).toContain('cut off')
    expect(reason(line.replace(/.$/, '!'))).toContain('mistyped')
  })

  it('with one character mistyped are never taken', () => {
    let mistyped = 0
    for (let at = 'shoal1'.length; at < line.length; at++) {
      const said = reason(line.slice(0, at) + (line[at] === 'b' ? 'c' : 'b') + line.slice(at + 1))
      expect(said).not.toBe('taken')
      if (said.includes('mistyped')) mistyped++
    }
    expect(mistyped).toBeGreaterThan(line.length * 0.8)
  })
})
