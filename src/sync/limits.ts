/** Limits of exchanging chunks and envelopes, each with its unit and reason. What concerns the form of messages is in the wire room. */

const MIB = 2 ** 20

/** Bytes asked for and not arrived, from one peer: covers 100 ms of a gigabit line. */
export const WINDOW_BYTES = 16 * MIB

/** The same at the beginning: two wants, so that no answer is waited for. */
export const FIRST_WINDOW_BYTES = 4 * MIB

/** Bytes and chunks of one `want`: small enough that several are under way within the window. */
export const WANT_BYTES = 2 * MIB
export const WANT_CHUNKS = 512

/** Bytes a chunk of unknown size counts as. */
export const GUESSED_CHUNK_BYTES = 32 * 1024

/** Bytes of a buffer in which received chunks are collected for one put: the store takes batches of 1-4 MiB equally well, and the longest chunk must fit. */
export const SLAB_BYTES = 1.5 * MIB

/** Puts under way; with what is collected, 8 MiB wait for the disk before the sender is held back. */
export const PUTS_AT_ONCE = 4

/** Bytes taken in between two barriers: what a power cut during a long transfer may cost. */
export const BARRIER_BYTES = 512 * MIB

/** Bytes read from the store at once for one asker, and chunks at most while their sizes are not known. */
export const READ_BYTES = MIB
export const READ_CHUNKS = 256

/** Bytes of a buffer chunks are read into: a read of chunks whose sizes are known, and some more. Larger ones are not kept. */
export const READ_BUFFER_BYTES = 2 * MIB

/** Reads under way for one asker while others are sent: the store answers in its own thread, so waiting for one read at a time would cost most of the speed. */
export const READS_AHEAD = 4

/** Tree nodes looked at together. */
export const NODES_AT_ONCE = 64

/** Commits asked for at once with what they follow, the first time: most often a few are new. Four times as many each time after. */
export const FIRST_HISTORY_COMMITS = 32

/** Chunk hashes looked up together, and such batches under way for one version: enough to fill the windows of several peers. */
export const BATCH_CHUNKS = 1_024
export const BATCHES_AT_ONCE = 6

/** Tree nodes remembered as walked (by hash, about 100 bytes each), so that shared folders are walked once; the oldest are forgotten. */
export const WALKED_NODES = 200_000

/** Chunks remembered as belonging to datasets (44 bytes each); those of the dataset that was asked for last stay in any case. */
export const MOST_KNOWN_CHUNKS = 1_000_000

/** The lowest rate that can be set, bytes a second: ten peers that share it still get their frames of 256 KiB within the time a peer waits for one. */
export const LEAST_RATE = 256 * 1024

/** Chunks fetched into memory at once to repair what is here: 64 of the longest are 64 MiB. */
export const COLLECTED_AT_ONCE = 64

/** Milliseconds somebody who opens what is not held waits for peers, before he hears that it is not here. */
export const BRING_MS = 15_000

/** Milliseconds after which a chunk one peer was asked for is asked of another that has nothing else to do: a few times what a window takes on a slow line. */
export const LATE_MS = 2_000

/** Wrong chunks after which a peer is not asked any more until it connects anew. */
export const MOST_STRIKES = 3

/** Milliseconds between two tries for chunks no connected peer had: first, and at most. */
export const RETRY_FIRST_MS = 1_000
export const RETRY_MOST_MS = 30_000

/** Milliseconds changes are collected before they are told or acted upon: bursts go together, nobody notices the pause. */
export const SETTLE_MS = 20

/** The same for what this node changed itself: it has the data; only its bookkeeping follows. */
export const OWN_SETTLE_MS = 500

/** Milliseconds without any progress after which waiting for data ends. */
export const STALL_MS = 60_000

/** Milliseconds in which a member tells nothing new after which it keeps nobody waiting who has heard all from another one; looked at so often. */
export const LAG_MS = 5_000
export const LAG_LOOK_MS = 1_000

/** Milliseconds after which somebody who waits for members hears that none can be reached. */
export const MEET_MS = 3_000

/** Milliseconds for one try to reach the members that are away; and when others are connected, who have all this one could have heard of: a machine that is off is not waited for. */
export const REACH_MS = 12_000
export const REACH_OTHERS_MS = 1_000

/** Wants under way with one peer: together below the 256 KiB a stream takes before its reader reads, so that asking never waits for answers. */
export const WANTS_AT_ONCE = 12

/** Milliseconds a stream to a peer stays open for the next want; below what the other side allows. */
export const SOURCE_IDLE_MS = 20_000

/** Envelopes read from the catalog at once for a peer: 32 of the largest are 32 MiB, of common ones 16 KiB. */
export const ENVELOPES_AT_ONCE = 32

/** Bytes of one log in one answer, so that one long log keeps no other waiting. */
export const LOG_ANSWER_BYTES = 4 * MIB

/** Envelopes and bytes taken in together: one call of the catalog, one flush to disk. */
export const ADMIT_ENVELOPES = 256
export const ADMIT_BYTES = 4 * MIB

/** Such batches on their way into the catalog: signatures of the next are checked while one is judged, and several share one flush. */
export const ADMITS_AT_ONCE = 3

/** Logs in which one peer may be ahead of this node (at most 400 bytes each): 10,000 datasets of ten devices that are all new here. */
export const MOST_LOGS = 100_000

/** Bytes of the workspace's own document a joiner takes: 100,000 membership changes. */
export const MOST_JOIN_BYTES = 64 * MIB

/** Milliseconds a peer that answered too slowly is not asked for chunks. */
export const REST_MS = 30_000

/** Milliseconds a member that broke the protocol is not spoken with: first, and at most. */
export const SHUN_FIRST_MS = 30_000
export const SHUN_MOST_MS = 3_600_000

/** Addresses in a ticket, and beside them ways through members that relay; more make it long to paste. */
export const TICKET_ADDRESSES = 6
export const TICKET_RELAYED = 2

/** Milliseconds between two looks which relays should know that guests may come: one that was restarted hears it soon. */
export const RELAYS_LOOK_MS = 5_000

/** Milliseconds an invite waits until the relays know that guests may come. */
export const ANNOUNCE_MS = 3_000

/** Milliseconds joining may take in all. */
export const JOIN_MS = 60_000

/** Milliseconds between two questions to members where the missing ones are, and how many are asked each time. */
export const PLACES_MS = 30_000
export const PLACES_ASKED = 3
