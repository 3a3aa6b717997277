import { MessageChannel } from 'node:worker_threads'

/** Just below the largest block that glibc learns from. Bytes. */
const LESSON_BYTES = 31 * 1024 * 1024

/**
 * Teaches glibc's allocator to keep memory that comes free for what is needed next. By itself it gives blocks of more than 128 KiB back to the
 * system at once, and has every page of the next one made anew: a seventh of the processor time of an import. It raises that limit (and that of
 * how much it keeps, to twice as much) when such a block is freed: see M_MMAP_THRESHOLD in mallopt(3). Other allocators are not affected.
 */
export function keepFreedMemory(): void {
  const { port1, port2 } = new MessageChannel()
  const block = new ArrayBuffer(LESSON_BYTES)
  // Nobody receives it: it is freed with the port, where the garbage collector would leave it for long.
  port1.postMessage(block, [block])
  port1.close()
  port2.close()
}
