import { FRAME, HANDSHAKE_MS, agree, helloMessage, type FrameStream, type Hello } from '../wire/index.ts'

/**
 * The first exchange on every stream: both sides say hello at once, then check that they can speak.
 * @returns what the other side said
 * @throws PEER_INCOMPATIBLE, NOT_ALLOWED (another workspace), and what a stream throws
 */
export async function greet(stream: FrameStream, own: Hello, signal?: AbortSignal): Promise<Hello> {
  const [, theirs] = await Promise.all([
    stream.sendMessage(FRAME.hello, helloMessage, own),
    stream.expectMessage(FRAME.hello, helloMessage, HANDSHAKE_MS, signal)
  ])
  agree(own.workspace, theirs)
  return theirs
}
