import { createHash } from 'node:crypto'
import { isTable, rowsOf } from '../files/index.ts'
import { formatHash, nameOf, type VersionRef } from '../model/index.ts'
import { Recent } from '../runtime/index.ts'
import type { FileEntry } from '../trees/index.ts'
import { mediaTypeOf } from './files/media-type.ts'
import type { Services } from './services.ts'

/**
 * A version as Croissant 1.1 (docs.mlcommons.org/croissant), with the context its validator wants. Files are named one by one up to a
 * thousand; of more, the archive is, with sets of files in it.
 */

/** Files that are listed one by one. */
const MAX_FILES = 1000
/** Sets of files: top folders of an archive. */
const MAX_SETS = 200
/** Tables whose columns are described. */
const MAX_TABLES = 20
/** Rows a column's type is told from. */
const ROWS_LOOKED_AT = 100
/** SHA-256 digests remembered: they follow from content that never changes. */
const KEPT_DIGESTS = 20_000

type Json = Readonly<Record<string, unknown>>

const CONTEXT: Json = {
  '@language': 'en', '@vocab': 'https://schema.org/', citeAs: 'cr:citeAs', column: 'cr:column', conformsTo: 'dct:conformsTo', containedIn: 'cr:containedIn', cr: 'http://mlcommons.org/croissant/', rai: 'http://mlcommons.org/croissant/RAI/',
  data: { '@id': 'cr:data', '@type': '@json' }, dataType: { '@id': 'cr:dataType', '@type': '@vocab' }, dct: 'http://purl.org/dc/terms/', equivalentProperty: 'cr:equivalentProperty', examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract', field: 'cr:field', fileProperty: 'cr:fileProperty', fileObject: 'cr:fileObject', fileSet: 'cr:fileSet', format: 'cr:format', includes: 'cr:includes', excludes: 'cr:excludes', isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath', key: 'cr:key', md5: 'cr:md5', parentField: 'cr:parentField', path: 'cr:path', readLines: 'cr:readLines', recordSet: 'cr:recordSet', references: 'cr:references', regex: 'cr:regex', repeated: 'cr:repeated', replace: 'cr:replace',
  samplingRate: 'cr:samplingRate', sc: 'https://schema.org/', separator: 'cr:separator', source: 'cr:source', subField: 'cr:subField', transform: 'cr:transform'
}

const digests = new Recent<string>(KEPT_DIGESTS)

/** @param origin of the node, as it was asked for @throws CHUNK_MISSING, CHUNK_DAMAGED: every byte of a listed file is read once */
export async function croissantOf(services: Services, ref: VersionRef, origin: string): Promise<Json> {
  const { dataset, version } = services.datasets.resolve(ref)
  const at = `${origin}/api/v1/datasets/${dataset.namespace}/${dataset.name}/versions/${encodeURIComponent(version.id)}`
  const fixed = { namespace: dataset.namespace, name: dataset.name, version: version.id }
  const files: FileEntry[] = []
  for await (const entry of services.files.entries(fixed)) {
    if (entry.kind === 'file') files.push(entry)
    if (files.length > MAX_FILES) break
  }
  const isListed = files.length <= MAX_FILES
  const members = new Map(services.catalog.members().map(member => [member.id, member.name]))
  const author = version.published?.by ?? version.createdBy
  return {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.1',
    name: dataset.name,
    description: version.description || dataset.description || dataset.displayName || `${dataset.namespace}/${dataset.name}`,
    license: licenceAddress(dataset.license),
    url: `${origin}/api/v1/datasets/${dataset.namespace}/${dataset.name}`,
    version: version.number,
    creator: { '@type': 'sc:Person', name: members.get(author) ?? author },
    datePublished: version.published?.at ?? version.updatedAt,
    dateCreated: dataset.createdAt,
    dateModified: version.updatedAt,
    ...dataset.tags.length === 0 ? {} : { keywords: dataset.tags },
    ...version.state === 'draft' ? { isLiveDataset: true } : {},
    distribution: isListed ? await listed(services, fixed, files, at) : await archived(services, fixed, at),
    ...isListed ? { recordSet: await recordSets(services, fixed, files) } : {}
  }
}

const licenceAddress = (licence: string): string => /^[A-Za-z0-9.+-]+$/.test(licence) && !licence.startsWith('LicenseRef-') ? `https://spdx.org/licenses/${licence}.html` : licence.replace(/^LicenseRef-/, '')

async function listed(services: Services, ref: VersionRef, files: readonly FileEntry[], at: string): Promise<Json[]> {
  const objects: Json[] = []
  for (const entry of files) {
    objects.push({
      '@type': 'cr:FileObject',
      '@id': idOf(entry.path),
      name: entry.path,
      contentUrl: `${at}/files/${entry.path.split('/').map(encodeURIComponent).join('/')}`,
      contentSize: `${entry.size} B`,
      encodingFormat: entry.mediaType ?? mediaTypeOf(entry.path),
      sha256: await digestOf(formatHash(entry.hash), async () => (await services.files.read(ref, entry.path)).bytes)
    })
  }
  return objects
}

/** Ids stand in references: a path as it is may be mistaken for an address. */
const idOf = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

async function archived(services: Services, ref: VersionRef, at: string): Promise<Json[]> {
  const page = await services.files.list(ref, { limit: MAX_SETS })
  const tree = `tar ${ref.version ?? ''} ${services.datasets.resolve(ref).dataset.revision}`
  return [
    {
      '@type': 'cr:FileObject', '@id': 'archive', name: 'archive.tar', contentUrl: `${at}/archive.tar`, encodingFormat: 'application/x-tar',
      sha256: await digestOf(tree, async () => services.files.archive(ref, 'tar'))
    },
    ...page.items.map(item => ({
      '@type': 'cr:FileSet', '@id': `set/${idOf(item.path)}`, name: nameOf(item.path), containedIn: { '@id': 'archive' },
      encodingFormat: item.kind === 'file' ? item.mediaType ?? mediaTypeOf(item.path) : 'application/octet-stream', includes: item.kind === 'file' ? item.path : `${item.path}/**`
    }))
  ]
}

async function recordSets(services: Services, ref: VersionRef, files: readonly FileEntry[]): Promise<Json[]> {
  const sets: Json[] = []
  for (const { path, size } of files) {
    if (!isTable(path) || !/\.csv$/i.test(path) || size === 0 || sets.length >= MAX_TABLES) continue
    const columns = await columnsOf(services, ref, path)
    if (columns.size === 0) continue
    const id = `records/${idOf(path)}`
    sets.push({
      '@type': 'cr:RecordSet', '@id': id, name: path,
      field: [...columns].map(([name, dataType]) => ({ '@type': 'cr:Field', '@id': `${id}/${encodeURIComponent(name)}`, name, dataType, source: { fileObject: { '@id': idOf(path) }, extract: { column: name } } }))
    })
  }
  return sets
}

async function columnsOf({ files }: Services, ref: VersionRef, path: string): Promise<ReadonlyMap<string, string>> {
  const types = new Map<string, string>()
  let rows = 0
  for await (const row of rowsOf(files, ref, path)) {
    for (const [name, value] of Object.entries(row)) {
      if (name === '' || name === '__parsed_extra') continue
      const text = String(value).trim()
      const type = /^-?\d{1,15}$/.test(text) ? 'sc:Integer' : /^-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? 'sc:Float' : 'sc:Text'
      types.set(name, wider(types.get(name), type))
    }
    if (++rows >= ROWS_LOOKED_AT) break
  }
  return types
}

const ORDER = ['sc:Integer', 'sc:Float', 'sc:Text']
const wider = (a: string | undefined, b: string): string => ORDER[Math.max(ORDER.indexOf(a ?? 'sc:Integer'), ORDER.indexOf(b))] ?? 'sc:Text'

async function digestOf(key: string, open: () => Promise<AsyncIterable<Uint8Array>>): Promise<string> {
  return await digests.get(key, async () => {
    const hash = createHash('sha256')
    for await (const bytes of await open()) hash.update(bytes)
    return hash.digest('hex')
  })
}
