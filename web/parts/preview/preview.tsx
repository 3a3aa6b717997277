import type { VersionRef } from '../../api/types.ts'
import { Gallery } from './gallery.tsx'
import { Viewer } from './viewer.tsx'

/** The PREVIEW tab: one file, or a glance at all. */
export default function Preview({ at, fixed, file }: { at: VersionRef, fixed: VersionRef, file: string | undefined }) {
  return file === undefined ? <Gallery at={at} fixed={fixed} /> : <Viewer key={file} at={at} fixed={fixed} path={file} />
}
