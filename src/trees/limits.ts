import { MAX_PATH_BYTES } from '../model/index.ts'

/** The numbers of FORMAT.md. Changing one that shapes nodes changes every root: it would be a new format version. */

/** First byte of a tree node, a list node and a commit. */
export const TREE_TAG = 0x54
export const LIST_TAG = 0x4c
export const COMMIT_TAG = 0x43
/** Second byte of each of them. */
export const FORMAT_VERSION = 1

/** Items a node holds before a boundary ends it: keeps a tree of paths chosen to be boundaries flat. */
export const MIN_NODE_ITEMS = 16
/** Items after which a node ends whatever comes: keeps nodes of paths chosen not to be boundaries small. */
export const MAX_NODE_ITEMS = 1024
/** A path whose hash has these bits zero is a boundary: one in 128. */
export const BOUNDARY_MASK = 127
/** Weight (bytes with paths in full) that ends a node: an edit rewrites a node, so it stays far below a megabyte. */
export const MAX_NODE_WEIGHT = 128 * 1024
/** What an item weighs beside its path and body: the two lengths in front of the path, 2 bytes each at most. */
export const ITEM_OVERHEAD = 4
/** Bytes of a tree node: items never take more than they weigh; the rest is its head. */
export const MAX_NODE_BYTES = MAX_NODE_WEIGHT + 16
/** Every level but the lowest has at least 16 times fewer nodes than the one below: enough for 2^60 entries. */
export const MAX_LEVEL = 15

/** A file with more chunks keeps its list in nodes of its own, so that leaves stay small. */
export const MAX_INLINE_CHUNKS = 8
/** Bytes of a link's address; what browsers and servers take. */
export const MAX_URL_BYTES = 8192
/** Bytes of a stated media type; the limit of RFC 6838 for both halves. */
export const MAX_MEDIA_TYPE_BYTES = 255

/** Items a list node holds before a boundary ends it. */
export const MIN_LIST_ITEMS = 32
/** Items after which a list node ends whatever comes. */
export const MAX_LIST_ITEMS = 1024
/** A chunk whose hash begins with these bits zero begins a list node: one in 256. */
export const LIST_BOUNDARY_MASK = 255
/** Bytes of a list node: head, then hash and length of every item. */
export const MAX_LIST_BYTES = 16 + MAX_LIST_ITEMS * 40

/** Parents of a commit: a merge of more heads is made in steps. */
export const MAX_PARENTS = 64
/** Bytes of a commit's message: a line or a page, not a document. */
export const MAX_MESSAGE_BYTES = 16 * 1024
/** Bytes of a device id; a libp2p peer id takes 52. */
export const MAX_DEVICE_BYTES = 128
/** Conflicts one commit settles. */
export const MAX_SETTLED = 64
/** Bytes of a commit: its parts at their longest, and the head. */
export const MAX_COMMIT_BYTES = 64 + MAX_PARENTS * 32 + MAX_MESSAGE_BYTES + MAX_DEVICE_BYTES + MAX_SETTLED * (MAX_PATH_BYTES + 2)

/** Bytes put into the store at once. */
export const BATCH_BYTES = 1024 * 1024
