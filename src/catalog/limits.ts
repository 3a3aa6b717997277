/** Bounds of the catalog; those that decide about foreign changes are part of the format and never change. */

/** Operations of one Automerge change: far more than any named change needs, few enough that a change of 1 MiB can't unfold into gigabytes. */
export const MAX_CHANGE_OPS = 10_000
/** Bytes a compressed change may unfold into; Automerge itself compresses only some hundred bytes and more, to about a third. */
export const MAX_CHANGE_BYTES = 4 * 1024 * 1024
/** Heads a document or a draft may have for one change to follow: as many things made apart. */
export const MAX_CHANGE_DEPS = 256
/** Bytes of one key of a document: a metadata field's name is the longest part. */
export const MAX_KEY_BYTES = 1500
/** Characters of one value: metadata of 64 KiB, with room. */
export const MAX_VALUE = 128 * 1024
/** Nesting of JSON kept in a value: what `readJsonObject` allows, with room for the field it stands in. */
export const MAX_JSON_DEPTH = 40

/** Envelopes since the last snapshot before the next is taken: a document then loads in milliseconds. */
export const SNAPSHOT_EVERY = 64
/** Documents the worker keeps loaded; each takes some 100 KB. */
export const KEPT_DOCUMENTS = 200

/** Memory of the worker's WebAssembly, in pages of 64 KiB: 512 MiB, several times what the largest document that keeps the rules takes. */
export const WORKER_WASM_PAGES = 8192
/** Memory of the worker's JavaScript, MiB. */
export const WORKER_HEAP_MIB = 512
/** One call of the worker: thousands of changes take seconds; what takes longer than this is a bomb. Milliseconds. */
export const WORKER_CALL_MS = 60_000

/** Envelopes that wait for what they follow, and their bytes: whoever sent them has them still. */
export const MAX_WAITING = 20_000
export const MAX_WAITING_BYTES = 64 * 1024 * 1024
/** Foreign envelopes judged and written together: local changes get their turn in between. */
export const ADMIT_SLICE = 2_000
/** Foreign envelopes read in one go: 2 to 3 ms, so that thousands keep nobody waiting. */
export const READ_SLICE = 64
/** Changes that become durable with one flush. */
export const MAX_GROUP = 256
/** Documents one workspace may have: 10 times what a node is built for. */
export const MAX_DOCUMENTS = 100_000
/** Entries prepared for one write in one go: about 2 ms. */
export const WRITE_SLICE = 128
