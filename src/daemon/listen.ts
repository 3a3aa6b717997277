import { join } from 'node:path'
import { z } from 'zod'
import { fail } from '../errors/index.ts'
import { DurableFile, isDialable } from '../peers/index.ts'

/** Where nodes listen for members when nobody says otherwise; beside the page's port, and always the same, so that addresses stay good. */
const DEFAULT_PORT = 7421

const fileSchema = z.object({ port: z.int().min(1).max(65_535) })

/** Where a node listens for peers. */
export interface Listening {
  readonly listen: readonly string[]
  /** Instead, where that is taken. */
  readonly listenElse?: readonly string[]
  /** Notes where it came to listen, for the next start. */
  readonly listened: (addresses: readonly string[]) => Promise<void>
}

/** Multiaddrs; `everywhere` on the port of last time; `loopback`; `nowhere`, for a process that only reaches out. */
export type ListenOption = readonly string[] | 'everywhere' | 'loopback' | 'nowhere'

/**
 * Where a node listens for peers. Everywhere means every address, so that the machines of one network find each other: only members, and
 * holders of an open invite, get past the gate. The port is the one of last time, else 7421, else any free one, which is then kept.
 * @param folder the home's network folder
 * @throws HOME_INVALID
 */
export async function listening(option: ListenOption, folder: string): Promise<Listening> {
  const listened = async (): Promise<void> => undefined
  if (option === 'loopback') return { listen: ['/ip4/127.0.0.1/tcp/0'], listened }
  if (option === 'nowhere') return { listen: [], listened }
  if (option !== 'everywhere') return { listen: option, listened }
  const file = await DurableFile.open(join(folder, 'listen.json'), fileSchema, { port: DEFAULT_PORT })
  return {
    listen: everywhere(file.value.port),
    listenElse: everywhere(0),
    listened: async addresses => {
      const port = Number(/\/tcp\/(\d+)/.exec(addresses[0] ?? '')?.[1] ?? file.value.port)
      if (port !== file.value.port) await file.update(() => ({ port }))
    }
  }
}

const everywhere = (port: number): readonly string[] => [`/ip4/0.0.0.0/tcp/${port}`, `/ip6/::/tcp/${port}`]

/** Checks addresses that others are told besides those listened on. @throws FIELD_INVALID */
export function announced(addresses: readonly string[]): readonly string[] {
  const wrong = addresses.find(address => !isDialable(address))
  if (wrong !== undefined) fail('FIELD_INVALID', `peers can not dial ${JSON.stringify(wrong)}; announce a host and a port such as /ip4/203.0.113.7/tcp/7421 or /dns4/lab.example.org/tcp/7421`, { field: 'announce' })
  return addresses
}
