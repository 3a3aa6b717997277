import { type QueryClient, queryOptions } from '@tanstack/react-query'
import { bytesQuery, filesQuery } from '../../api/queries.ts'
import type { FileItem, VersionRef } from '../../api/types.ts'
import { fileName, folderOf } from '../places.ts'
import { type Annotation, annotationsOf } from './coco.ts'
import type { File } from './kinds.ts'

/** Boxes and outlines of a picture, out of the COCO file of its version; and the mask that belongs to it. */

/** Annotations are read whole. Bytes. */
const MAX_ANNOTATIONS = 24 * 1024 * 1024

/** Where tools put them. */
function annotationPaths(path: string): string[] {
  const folders = folderOf(path).split('/').filter(part => part !== '')
  const above = folders.map((_, i) => folders.slice(0, i + 1).join('/')).toReversed()
  return [...above.flatMap(folder => [`${folder}/_annotations.coco.json`, `${folder}/annotations.json`]), 'annotations.json', '_annotations.coco.json', ...folders.map(part => `annotations/instances_${part}.json`), 'annotations/instances_default.json']
}

/** Where a picture's mask is, if it has one. */
function maskPaths(path: string): string[] {
  const [folder, name] = [folderOf(path), fileName(path)]
  const base = name.replace(/\.[^.]*$/, '')
  const below = (file: string): string => folder === '' ? file : `${folder}/${file}`
  return [`masks/${path}`, `masks/${path.replace(/\.[^.]*$/, '.png')}`, path.replace(/(^|\/)images\//, '$1masks/').replace(/\.[^.]*$/, '.png'), below(`masks/${base}.png`), below(`${base}_mask.png`), below(`${base}-mask.png`)].filter(other => other !== path)
}

/** Entries looked through for one name: those between the name without its last character, and the name. */
const LOOKED_THROUGH = 50

/** What is at a path; undefined where nothing is. Looked for in lists, folder by folder: an answer of "not found" is logged as an error by browsers. */
async function entryAt(client: QueryClient, version: VersionRef, path: string): Promise<FileItem | undefined> {
  const folder = folderOf(path)
  if (folder !== '' && (await entryAt(client, version, folder))?.type !== 'folder') return undefined
  const { items } = await client.fetchQuery(filesQuery(version, { prefix: folder, cursor: path.slice(0, -1), limit: LOOKED_THROUGH }))
  return items.find(item => item.path === path)
}

/** The first of some paths at which there is a file. */
async function firstFile(client: QueryClient, version: VersionRef, paths: readonly string[]): Promise<File | undefined> {
  for (const path of new Set(paths)) {
    const entry = await entryAt(client, version, path)
    if (entry?.type === 'file') return entry
  }
  return undefined
}

export const maskQuery = (client: QueryClient, version: VersionRef, file: File) => queryOptions({
  queryKey: ['files', version.ns, version.name, version.version, 'mask', file.path],
  queryFn: async () => await firstFile(client, version, maskPaths(file.path)) ?? null
})

export const annotationsQuery = (client: QueryClient, version: VersionRef, file: File) => queryOptions({
  queryKey: ['files', version.ns, version.name, version.version, 'annotations', file.path],
  queryFn: async (): Promise<readonly Annotation[]> => {
    const source = await firstFile(client, version, annotationPaths(file.path))
    if (source === undefined || source.size > MAX_ANNOTATIONS) return []
    const bytes = await client.fetchQuery(bytesQuery(version, source, 0, source.size))
    return annotationsOf(JSON.parse(new TextDecoder().decode(bytes)), file.path, folderOf(source.path))
  }
})
