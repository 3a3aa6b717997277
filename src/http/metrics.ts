import type { Services } from './services.ts'

/** The node's figures as Prometheus reads them. */

/** Requests answered since the start, by method and class of status. */
export class RequestCounts {
  readonly #counts = new Map<string, number>()

  add(method: string, status: number): void {
    const key = `method="${METHODS.has(method) ? method : 'other'}",status="${Math.floor(status / 100)}xx"`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  rows(): [string, number][] { return [...this.#counts].sort(([a], [b]) => a < b ? -1 : 1) }
}

/** A caller chooses the method's name: only known ones become labels. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

interface Metric { readonly name: string, readonly help: string, readonly type: 'gauge' | 'counter', readonly rows: readonly (readonly [labels: string, value: number])[] }

const gauge = (name: string, help: string, value: number): Metric => ({ name, help, type: 'gauge', rows: [['', value]] })

/** All figures, in the text format 0.0.4. */
export async function metricsText(services: Services, requests: RequestCounts): Promise<string> {
  const store = await services.store.stats()
  const datasets = services.catalog.datasets()
  const versions = datasets.flatMap(dataset => dataset.versions)
  const jobs = services.jobs.list()
  const peers = services.network?.peers() ?? []
  const memory = process.memoryUsage()
  const countBy = (label: string, states: readonly string[], of: readonly { state: string }[]): [string, number][] =>
    states.map(state => [`${label}="${state}"`, of.filter(row => row.state === state).length])
  const metrics: Metric[] = [
    { name: 'shoal_info', help: 'Version of Shoal.', type: 'gauge', rows: [[`version="${services.node.version.replace(/[^\w.+-]/g, '_')}"`, 1]] },
    gauge('shoal_uptime_seconds', 'Time since the node started.', Math.max(0, (services.clock.now() - Date.parse(services.node.startedAt)) / 1000)),
    gauge('shoal_datasets', 'Datasets in the catalog.', datasets.length),
    { name: 'shoal_versions', help: 'Versions in the catalog.', type: 'gauge', rows: countBy('state', ['draft', 'published'], versions) },
    gauge('shoal_chunks', 'Chunks in the store.', store.chunks),
    gauge('shoal_chunk_bytes', 'Bytes of the chunks as they were put in.', store.bytes),
    gauge('shoal_stored_bytes', 'Bytes of the store on disk.', store.storedBytes),
    { name: 'shoal_jobs', help: 'Jobs that run or ended lately.', type: 'gauge', rows: countBy('state', ['running', 'done', 'failed', 'cancelled'], jobs) },
    gauge('shoal_peers_connected', 'Peers connected now.', peers.filter(peer => peer.connected).length),
    { name: 'shoal_peer_received_bytes_total', help: 'Bytes received from peers.', type: 'counter', rows: [['', sum(peers.map(peer => peer.bytesIn))]] },
    { name: 'shoal_peer_sent_bytes_total', help: 'Bytes sent to peers.', type: 'counter', rows: [['', sum(peers.map(peer => peer.bytesOut))]] },
    { name: 'shoal_http_requests_total', help: 'Requests answered.', type: 'counter', rows: requests.rows() },
    gauge('process_resident_memory_bytes', 'Resident memory of the process.', memory.rss),
    gauge('nodejs_heap_used_bytes', 'JavaScript heap in use.', memory.heapUsed)
  ]
  return metrics.map(textOf).join('')
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const textOf = ({ name, help, type, rows }: Metric): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${rows.map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`).join('')}`
