import { resolve } from 'node:path'
import { referenceTo } from '../datasets/index.ts'
import { type VersionRef, checkPath } from '../model/index.ts'
import { isFolder } from '../trees/index.ts'
import { fail } from '../errors/index.ts'
import { type CheckoutRequest, type CheckoutResult, runCheckout } from './checkout-job.ts'
import type { FilesDeps } from './files.ts'
import type { CheckoutOptions, CheckoutReport } from './service.ts'
import { inThread } from './threaded.ts'

const WORKER = new URL('./checkout-worker.js', import.meta.url)

/** See `Files.checkout`. */
export async function checkoutVersion({ datasets, store }: FilesDeps, ref: VersionRef, folder: string, options: CheckoutOptions): Promise<CheckoutReport> {
  const { dataset, version } = datasets.resolve(ref)
  const tree = await datasets.tree(version)
  const prefix = options.prefix === undefined || options.prefix === '' ? '' : checkPath(options.prefix)
  if (!await isFolder(store, tree, prefix)) fail('FILE_NOT_FOUND', `there is no folder ${prefix} in ${referenceTo(dataset, version)}`, { path: prefix })
  const target = resolve(folder)
  const request: CheckoutRequest = { tree, version: version.id, prefix, folder: target, force: options.force === true }
  const result = await datasets.leases.during(() => inThread<CheckoutRequest, CheckoutResult>(store, WORKER, runCheckout, request, options))
  return { version: referenceTo(dataset, version), folder: target, ...result }
}
