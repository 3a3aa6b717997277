import { bundleRoutes } from './api/bundles.ts'
import { conflictRoutes } from './api/conflicts.ts'
import { datasetRoutes } from './api/datasets.ts'
import { describeRoutes } from './api/describe.ts'
import { eventRoutes } from './api/events.ts'
import { fieldRoutes } from './api/fields.ts'
import { fileRoutes } from './api/files.ts'
import { issueRoutes } from './api/issues.ts'
import { jobRoutes } from './api/jobs.ts'
import { linkRoutes } from './api/links.ts'
import { listingRoutes } from './api/listing.ts'
import { manyRoutes } from './api/many.ts'
import { networkRoutes } from './api/network.ts'
import { nodeRoutes } from './api/node.ts'
import { runRoutes } from './api/runs.ts'
import { splitRoutes } from './api/splits.ts'
import { transferRoutes } from './api/transfers.ts'
import { uploadRoutes } from './api/uploads.ts'
import { upkeepRoutes } from './api/upkeep.ts'
import { versionRoutes } from './api/versions.ts'
import type { Route } from './route.ts'
import type { AppOptions, Services } from './services.ts'

/** Every route of the API. */
export const apiRoutes = (services: Services, options: AppOptions): Route[] => [
  ...nodeRoutes(services),
  ...datasetRoutes(services),
  // Before the routes of one version: `bulk` is no version's name there.
  ...manyRoutes(services),
  ...versionRoutes(services),
  ...conflictRoutes(services),
  ...issueRoutes(services),
  ...describeRoutes(services),
  ...linkRoutes(services),
  ...runRoutes(services),
  ...fieldRoutes(services),
  ...fileRoutes(services),
  ...listingRoutes(services),
  ...splitRoutes(services),
  ...transferRoutes(services),
  ...uploadRoutes(services),
  ...jobRoutes(services),
  ...eventRoutes(services, options),
  ...networkRoutes(services),
  ...upkeepRoutes(services),
  ...bundleRoutes(services)
]
