import type { FinishRunBody, RunItem, StartRunBody } from '../contract.ts'
import { api } from './addresses.ts'
import { pages } from './pages.ts'
import type { Transport } from './transport.ts'

export interface RunQuery { readonly kind?: RunItem['kind'], readonly state?: RunItem['state'], readonly version?: string }

/** Experiments and processing runs over HTTP. */
export const experimentsOver = (http: Transport) => {
  const at = (id: string, below = ''): string => api(`/experiments/${encodeURIComponent(id)}${below}`)
  return {
    /** Newest first. */
    all: (query: RunQuery = {}) => pages<RunItem>(http, api('/experiments'), { ...query }),
    get: (id: string) => http.json<RunItem>('GET', at(id)),
    start: (input: StartRunBody) => http.json<RunItem>('POST', api('/experiments'), { json: input }),
    beat: (id: string) => http.json<RunItem>('POST', at(id, '/heartbeat')),
    finish: (id: string, input: FinishRunBody = {}) => http.json<RunItem>('POST', at(id, '/finish'), { json: input })
  }
}
