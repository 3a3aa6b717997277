/** Pure nouns and rules: nothing here reads a clock, a file or the network. */
export { HASH_BYTES, type Hash, hashKey, hashToHex, hashFromHex, formatHash, parseHash, sameHash, compareHashes } from './hash.ts'
export { type DatasetId, type VersionId, type DeviceId, type WorkspaceId, datasetId, versionId, toBase32 } from './ids.ts'
export { MAX_PATH_BYTES, checkPath, comparePaths, parentOf, nameOf, isInside } from './path.ts'
export { type DatasetRef, type VersionRef, type FileRef, parseDatasetRef, parseVersionRef, parseFileRef, formatDatasetRef, checkName } from './reference.ts'
