/** DER in front of a raw Ed25519 key (RFC 8410): PKCS #8 for a seed, SPKI for a public key. */
export const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
export const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
