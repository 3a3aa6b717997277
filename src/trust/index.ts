/** Who says what: device keys, the workspace, members, signed envelopes, publish records, receipts, invites. */
export { type Device, deviceFromSeed, loadOrCreateDevice } from './device.ts'
export { MAX_DEVICE_ID, deviceIdOf } from './device-id.ts'
export { type Domain, verifyBy } from './statement.ts'
export { type Genesis, makeGenesis, readGenesis, workspaceOf } from './genesis.ts'
export {
  type Envelope, type EnvelopeDraft, type EnvelopeKind, FIRST_PREVIOUS, MAX_BODY_BYTES, MAX_ENVELOPE_BYTES, MAX_SEEN, MAX_TIME, logName, readEnvelope, signEnvelope,
  verifyEnvelopes
} from './envelope.ts'
export { type MemberRecord, type Role, cutName, readMemberRecord, writeMemberRecord } from './member-record.ts'
export { type Member, type Membership, type PlacedRecord, type Step, Members } from './members.ts'
export { type PublishRecord, isSealedNumber, readPublishRecord, writePublishRecord } from './publish-record.ts'
export { type Receipt, readReceipt, writeReceipt } from './receipt.ts'
export { type Invite, readInvite, writeInvite } from './invite.ts'
