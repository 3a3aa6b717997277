/** This device on the network: the libp2p node, who may connect, invites, and reaching members again. */
export { PeerNode, short, type PeerNodeOptions, type ProtocolHandler, type ProtocolOptions } from './peer-node.ts'
export type { Admission } from './gate.ts'
export { Invites, type InviteView, type NewInvite } from './invites.ts'
export { inviteName, proveInvite, INVITE_SECRET_BYTES, type JoinStatement } from './invite-key.ts'
export { AddressBook, type KnownPeer } from './address-book.ts'
export { Redialer } from './redialer.ts'
export { DurableFile } from './durable-file.ts'
