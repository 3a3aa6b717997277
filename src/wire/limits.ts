/** Every limit of what nodes say to each other, once, with its unit and its reason; PROTOCOL.md repeats them for other implementations. */

const KIB = 1024
const MIB = 1024 * KIB

/** Bytes of one frame behind its length: the largest chunk or envelope body (1 MiB) with what goes round it. A reader refuses more before it takes any of it. */
export const MAX_FRAME_BYTES = MIB + 64 * KIB

/** Bytes of one control message (CBOR): room for 2,000 log heads, small enough that decoding blocks nothing. */
export const MAX_MESSAGE_BYTES = 256 * KIB

/** Bytes at which a sender of many chunks or envelopes closes a frame: larger frames win no speed, smaller ones cost calls. */
export const BATCH_FRAME_BYTES = 256 * KIB

/** Received bytes a stream holds before it stops the sender: must be above one whole frame, else a frame could never become complete. */
export const RECEIVE_HIGH_BYTES = MAX_FRAME_BYTES + 512 * KIB

/** Received bytes under which a stopped sender may go on. */
export const RECEIVE_LOW_BYTES = 512 * KIB

/** Bytes that may wait to be sent on one stream before the writer waits: one large frame ahead keeps the line busy. */
export const SEND_HIGH_BYTES = MIB

/** Bytes a stream's multiplexer may let a peer send ahead (its receive window): below the read buffer, else slow readers are cut off. */
export const MAX_STREAM_WINDOW_BYTES = 2 * MIB

/** Bytes the stream below may hold while it is stopped: twice the window, because stopping and going on may cross. */
export const MAX_STREAM_BUFFER_BYTES = 4 * MIB

/** Bytes a peer must move while it has something to move, in each window of `PROGRESS_WINDOW_MS` (or all that is left, when less): a peer that drips holds no place. */
export const PROGRESS_BYTES = 64 * KIB

/** Milliseconds between two looks at a peer's progress. */
export const PROGRESS_WINDOW_MS = 10_000

/** Milliseconds a peer may take for one answer of the first exchange (hello, join). */
export const HANDSHAKE_MS = 10_000

/** Milliseconds between two signs of life on a stream that stays open without work. */
export const TICK_MS = 30_000

/** Milliseconds without any frame after which a stream that stays open is given up: three missed signs of life. */
export const SILENCE_MS = 95_000

/** Milliseconds a chunk stream may stay open without a request: the asker opens a new one when it needs it. */
export const CHUNK_IDLE_MS = 60_000

/** Milliseconds closing may take until a stream is cut. */
export const CLOSE_MS = 2_000

/** Log heads in one `heads` message: 1,500 of 130 bytes, the longest there are, stay below `MAX_MESSAGE_BYTES`. */
export const MAX_HEADS = 1_500

/** Logs one `want` message may name: one batch of answers for each, and the list stays small. */
export const MAX_WANTED_LOGS = 500

/** Envelopes of one log one `want` may ask for at once; the asker asks again for more. */
export const MAX_ENVELOPES_PER_LOG = 1_000

/** Chunks one `want` frame may name: 2,048 × 32 bytes, and about one window of data. */
export const MAX_WANTED_CHUNKS = 2_048

/** Commits one may ask for at once, and commits and bytes of one answer: a round trip for a thousand, within one control message. */
export const MAX_HISTORY_HEADS = 64
export const MAX_HISTORY_COMMITS = 1_024
export const MAX_HISTORY_BYTES = 192 * KIB

/** Characters of a document's name, a device's id and the like. */
export const MAX_ID_LENGTH = 128

/** Characters of a device's name for people. */
export const MAX_NAME_LENGTH = 100

/** Addresses a peer may name, and characters of each: more than a laptop with VPNs and containers has. */
export const MAX_ADDRESSES = 16
export const MAX_ADDRESS_LENGTH = 256

/** Devices one may ask for at once, and addresses told of each: the answer stays below `MAX_MESSAGE_BYTES`. */
export const MAX_PLACES = 64
export const MAX_PLACE_ADDRESSES = 8

/** Characters of a failure's detail that cross. */
export const MAX_DETAIL_LENGTH = 300
