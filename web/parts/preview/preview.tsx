import type { VersionRef } from '../../api/types.ts'
import { Gallery } from './gallery.tsx'
import type { MaskLabels } from './overlay.tsx'
import { Viewer } from './viewer.tsx'

/** The PREVIEW tab: one file, or a glance at all. */
export default function Preview({ at, fixed, file, labels }: { at: VersionRef, fixed: VersionRef, file: string | undefined, labels: MaskLabels }) {
  // One viewer for all files: what fills the window stays while one goes from picture to picture.
  return file === undefined ? <Gallery at={at} fixed={fixed} /> : <Viewer at={at} fixed={fixed} path={file} labels={labels} />
}
