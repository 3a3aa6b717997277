import { readTags } from './files/range.ts'

/** ETag and If-Match of what can be edited: the revision of its dataset. */

export const revisionHeaders = (revision: string): Record<string, string> => ({ etag: `"${revision}"`, 'cache-control': 'no-cache' })

/** The revision an edit is meant for; undefined where any will do. Of several, the one that is there wins. @param now the revision there is */
export function wantedRevision(request: Request, now: string): string | undefined {
  const header = request.headers.get('if-match')
  if (header === null) return undefined
  const tags = readTags(header).map(({ tag }) => tag)
  if (tags.includes('*')) return undefined
  return tags.includes(now) ? now : tags[0] ?? header
}
