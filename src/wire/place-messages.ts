import { z } from 'zod'
import { message } from './codec.ts'
import { address, identifier } from './hello.ts'
import { MAX_PLACE_ADDRESSES, MAX_PLACES } from './limits.ts'

/** Where one device was last reached, as the sender heard from that device itself. */
export type Place = readonly [device: string, addresses: readonly string[]]

/** Devices the asker can't reach. */
export const whereMessage = message<{ readonly devices: readonly string[] }>('where', z.object({ devices: z.array(identifier).min(1).max(MAX_PLACES) }))

/** The answer: those the sender knows something of. */
export const placesMessage = message<{ readonly places: readonly Place[] }>('places', z.object({
  places: z.array(z.tuple([identifier, z.array(address).max(MAX_PLACE_ADDRESSES)])).max(MAX_PLACES)
}))
