import type { Ingester } from '../../chunks/index.ts'
import { resolve } from 'node:path'
import { type Locks, referenceTo } from '../../datasets/index.ts'
import { fail } from '../../errors/index.ts'
import { type VersionRef, checkPath } from '../../model/index.ts'
import { isFolder, writeTree } from '../../trees/index.ts'
import type { FilesDeps } from '../files.ts'
import { isWhole, select } from '../selection/select.ts'
import type { CheckoutOptions, CheckoutReport } from '../service.ts'
import { checkOutsideHome } from '../outside-home.ts'
import { inThread } from '../threaded.ts'
import { runCheckout } from './job.ts'
import type { CheckoutRequest, CheckoutResult } from './request.ts'

/** See `Files.checkout`. @param locks held by checkouts to the same folder */
export async function checkoutVersion({ datasets, store, home }: FilesDeps, ingester: Ingester, locks: Locks, ref: VersionRef, folder: string, options: CheckoutOptions): Promise<CheckoutReport> {
  const resolved = datasets.resolve(ref)
  const { dataset, version } = resolved
  const prefix = options.prefix === undefined || options.prefix === '' ? '' : checkPath(options.prefix)
  const target = resolve(folder)
  checkOutsideHome(home, target, 'TARGET_UNWRITABLE')
  return await locks.run(target, () => datasets.leases.during(async () => {
    options.signal?.throwIfAborted()
    const whole = await datasets.tree(version)
    if (!await isFolder(store, whole, prefix)) fail('FILE_NOT_FOUND', `there is no folder ${prefix} in ${referenceTo(dataset, version)}`, { path: prefix })
    const tree = isWhole(options) ? whole : (await writeTree(store, (await select(store, ingester, whole, resolved, { ...options, prefix }, options.signal))())).root
    const request: CheckoutRequest = { tree, version: version.id, prefix, folder: target, force: options.force === true }
    const result = await inThread<CheckoutRequest, CheckoutResult>(store, 'checkout', runCheckout, request, options)
    return { version: referenceTo(dataset, version), folder: target, ...result }
  }), options.signal)
}
