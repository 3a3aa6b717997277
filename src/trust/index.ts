/** Who says what: device keys, the workspace, members, signed envelopes, publish records, invites. */
export { type Device, deviceFromSeed, deviceIdOf, loadOrCreateDevice, verifyBy } from './device.ts'
export { type Genesis, makeGenesis, readGenesis, workspaceOf } from './genesis.ts'
export { type Envelope, type EnvelopeDraft, type EnvelopeKind, ENVELOPE_KINDS, MAX_BODY_BYTES, readEnvelope, signEnvelope, verifyEnvelope } from './envelope.ts'
export { type Member, type MemberRecord, type Membership, type PlacedRecord, type Role, countsAfterRemoval, foldMembers, readMemberRecord, writeMemberRecord } from './membership.ts'
export { type PublishRecord, readPublishRecord, writePublishRecord } from './publish-record.ts'
export { type Invite, readInvite, writeInvite } from './invite.ts'
