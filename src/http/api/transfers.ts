import { isAbsolute } from 'node:path'
import { fail } from '../../errors/index.ts'
import { checkPath, parseVersionRef } from '../../model/index.ts'
import { checkoutBody, checkoutReport, importBody, importReport } from '../contract.ts'
import { textOf } from '../names.ts'
import { jobRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const group = 'Files'

/** Import from and checkout to folders of this machine. They name local paths, so they need the token from everywhere. */
export function transferRoutes({ files, datasets, usage }: Services): Route[] {
  return [
    jobRoute({
      method: 'post', path: '/api/v1/imports', group, summary: 'Make a draft equal a folder or file of this machine', body: importBody, answer: importReport, needsToken: true,
      failures: ['REFERENCE_INVALID', 'SOURCE_NOT_FOUND', 'SOURCE_UNREADABLE', 'VERSION_PUBLISHED', 'DISK_FULL', 'PATH_INVALID']
    }, ({ body: { source, ref: text, ...options } }) => {
      const ref = parseVersionRef(text)
      if (options.into !== undefined && options.into !== '') checkPath(options.into)
      local('source', source)
      return { kind: 'import', subject: textOf(ref), work: async context => await files.import(source, ref, { ...context, ...options }) }
    }),

    jobRoute({
      method: 'post', path: '/api/v1/checkouts', group, summary: 'Make a folder of this machine equal a version', body: checkoutBody, answer: checkoutReport, needsToken: true,
      failures: ['REFERENCE_INVALID', 'VERSION_NOT_FOUND', 'FILE_NOT_FOUND', 'LIMIT_EXCEEDED', 'CHECKOUT_DIRTY', 'TARGET_UNWRITABLE', 'CHUNK_MISSING', 'DISK_FULL']
    }, ({ body: { folder, ref: text, ...options } }) => {
      const ref = parseVersionRef(text)
      if (options.prefix !== undefined && options.prefix !== '') checkPath(options.prefix)
      local('folder', folder)
      return { kind: 'checkout', subject: textOf(ref), work: async context => {
        const report = await files.checkout(ref, folder, { ...context, ...options })
        usage.count(datasets.resolve(ref).version.id, 'downloads', report.bytesWritten)
        return report
      } }
    })
  ]
}

/** The node's own working folder means nothing to who asks: only absolute paths are clear. @throws FIELD_INVALID */
function local(field: string, path: string): void {
  if (!isAbsolute(path) || path.includes('\0')) fail('FIELD_INVALID', `the ${field} ${JSON.stringify(path.slice(0, 200))} is not an absolute path`, { field })
}
