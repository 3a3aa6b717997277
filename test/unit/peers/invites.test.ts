import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AddressBook, Invites, inviteName, proveInvite, type JoinStatement } from '../../../src/peers/index.ts'
import { manualClock, seededChance, systemChance } from '../../../src/runtime/index.ts'

const DAY = 24 * 60 * 60 * 1000
const said: JoinStatement = { workspace: 'w', inviter: 'i', joiner: 'j', nonce: new Uint8Array(32), name: 'Ada', addresses: ['/ip4/1.2.3.4/tcp/1'] }
let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'shoal-invites-')) })
afterEach(async () => { await rm(folder, { recursive: true }) })

const redeem = (invites: Invites, secret: Uint8Array, statement: JoinStatement = said, host = '10.0.0.1'): Promise<string> =>
  invites.redeem(inviteName(secret), proveInvite(secret, statement), statement, host)

describe('invites', () => {
  it('S1: are good once, by whoever knows the secret, for the stated role', async () => {
    const clock = manualClock()
    const invites = await Invites.open(folder, clock, systemChance)
    expect(invites.welcomesGuests()).toBe(false)
    const { secret, role, uses, expiresAt } = await invites.create({ role: 'reader' })
    expect({ role, uses, expiresAt }).toEqual({ role: 'reader', uses: 1, expiresAt: clock.now() + DAY })
    expect(invites.welcomesGuests()).toBe(true)
    expect(await redeem(invites, secret)).toBe('reader')
    await expect(redeem(invites, secret, { ...said, joiner: 'other' })).rejects.toMatchObject({ code: 'INVITE_USED' })
    // The same device may repeat a try that broke.
    expect(await redeem(invites, secret)).toBe('reader')
  })

  it('S1: wrong, used and expired ones are told apart, also after a restart', async () => {
    const clock = manualClock()
    const first = await Invites.open(folder, clock, systemChance)
    const used = await first.create({})
    const old = await first.create({ expiresMs: 1000 })
    await redeem(first, used.secret)
    const invites = await Invites.open(folder, clock, systemChance)
    clock.advance(2000)
    await expect(redeem(invites, old.secret)).rejects.toMatchObject({ code: 'INVITE_EXPIRED' })
    await expect(redeem(invites, used.secret, { ...said, joiner: 'k' })).rejects.toMatchObject({ code: 'INVITE_USED' })
    await expect(redeem(invites, systemChance.bytes(16))).rejects.toMatchObject({ code: 'INVITE_INVALID' })
    expect(invites.welcomesGuests()).toBe(true)
    clock.advance(DAY + 1000)
    expect(invites.welcomesGuests()).toBe(false)
  })

  it('S1: are listed while they matter, and can be taken back; then nobody gets in with them', async () => {
    const clock = manualClock()
    const invites = await Invites.open(folder, clock, systemChance)
    const [open, used, old] = [await invites.create({ uses: 2 }), await invites.create({}), await invites.create({ expiresMs: 1000 })]
    await redeem(invites, used.secret)
    await redeem(invites, open.secret)
    clock.advance(2000)
    const states = (): unknown => invites.list().map(({ id, state, joined }) => [id, state, joined.length])
    expect(states()).toEqual([[old.id, 'expired', 0], [used.id, 'used', 1], [open.id, 'open', 1]])
    await invites.revoke(open.id)
    await invites.revoke(open.id)
    expect(states()).toEqual([[old.id, 'expired', 0], [used.id, 'used', 1], [open.id, 'revoked', 1]])
    await expect(redeem(await Invites.open(folder, clock, systemChance), open.secret, { ...said, joiner: 'k' })).rejects.toMatchObject({ code: 'INVITE_REVOKED' })
    for (const [id, code] of [[used.id, 'INVITE_USED'], [old.id, 'INVITE_EXPIRED'], ['000000000000', 'INVITE_NOT_FOUND']] as const) await expect(invites.revoke(id)).rejects.toMatchObject({ code })
    clock.advance(DAY)
    expect(invites.list()).toEqual([])
  })

  it('a proof is good for nothing but the statement it was made for', async () => {
    const invites = await Invites.open(folder, manualClock(), seededChance(3))
    const { secret } = await invites.create({ uses: 100 })
    const proof = proveInvite(secret, said)
    const others: JoinStatement[] = [
      { ...said, workspace: 'x' }, { ...said, inviter: 'x' }, { ...said, joiner: 'x' }, { ...said, nonce: new Uint8Array(32).fill(1) }, { ...said, name: 'x' }, { ...said, addresses: [] }
    ]
    for (const [i, other] of others.entries()) {
      await expect(invites.redeem(inviteName(secret), proof, other, `10.0.0.${i}`)).rejects.toMatchObject({ code: 'INVITE_INVALID' })
    }
    await expect(invites.redeem(new Uint8Array(32).fill(255), proof, said, '10.0.1.1')).rejects.toMatchObject({ code: 'INVITE_INVALID' })
    expect(await invites.redeem(inviteName(secret), proof, said, '10.0.1.2')).toBe('writer')
  })

  it('keep no secret on disk', async () => {
    const invites = await Invites.open(folder, manualClock(), systemChance)
    const { secret } = await invites.create({})
    const kept = await readFile(join(folder, 'invites.json'), 'utf8')
    for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) expect(kept).not.toContain(Buffer.from(secret).toString(encoding))
    expect(await readdir(folder)).toEqual(['invites.json'])
  })

  it('wrong tries are limited by host; right ones are not', async () => {
    const clock = manualClock()
    const invites = await Invites.open(folder, clock, systemChance)
    const { secret } = await invites.create({})
    for (let i = 0; i < 5; i++) await expect(redeem(invites, systemChance.bytes(16))).rejects.toMatchObject({ code: 'INVITE_INVALID' })
    await expect(redeem(invites, secret)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(await redeem(invites, secret, said, '10.0.0.2')).toBe('writer')
    clock.advance(60_001)
    await expect(redeem(invites, systemChance.bytes(16))).rejects.toMatchObject({ code: 'INVITE_INVALID' })
  })

  it('takes no more uses than there are, whoever comes at the same time', async () => {
    const invites = await Invites.open(folder, manualClock(), systemChance)
    const { secret } = await invites.create({ uses: 2 })
    const tries = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => redeem(invites, secret, { ...said, joiner: `joiner ${i}` })))
    expect(tries.filter(one => one.status === 'fulfilled')).toHaveLength(2)
  })

  it('are refused with senseless numbers', async () => {
    const invites = await Invites.open(folder, manualClock(), systemChance)
    for (const wrong of [{ uses: 0 }, { uses: 1.5 }, { uses: 1000 }, { expiresMs: 0 }, { expiresMs: Number.NaN }, { expiresMs: 1e15 }]) {
      await expect(invites.create(wrong)).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    }
  })

  it('a damaged file is named, not overwritten', async () => {
    await writeFile(join(folder, 'invites.json'), '{"invites": 7}')
    await expect(Invites.open(folder, manualClock(), systemChance)).rejects.toMatchObject({ code: 'HOME_INVALID' })
  })
})

describe('the address book', () => {
  it('keeps where members were reached over restarts, newest first, boundedly many', async () => {
    const book = await AddressBook.open(folder)
    await book.note('p', { addresses: ['/a/1', '/a/2'], name: 'Ada' }, 5)
    await book.note('p', { addresses: ['/a/3', '/a/1'], name: 'Ada B' }, 6)
    await book.seen('p', 9)
    await book.seen('unknown', 9)
    expect((await AddressBook.open(folder)).get('p')).toEqual({ addresses: ['/a/3', '/a/1', '/a/2'], name: 'Ada B', seenAt: 9 })
    await book.note('p', { addresses: Array.from({ length: 40 }, (_, i) => `/b/${i}`), name: '' }, 7)
    expect(book.get('p')?.addresses).toHaveLength(16)
    expect(book.get('__proto__')).toBeUndefined()
  })
})
