import { useState } from 'react'
import { fileAt } from '../../api/addresses.ts'
import type { VersionRef } from '../../api/types.ts'
import { Empty } from '../states.tsx'
import { fileName } from '../places.ts'
import { visible } from '../visible.ts'
import type { File } from './kinds.ts'

/** The address of a picture. Its hash stands behind it, so that a replaced file of a draft is drawn anew. */
export const pictureAt = (version: VersionRef, file: File): string => `${fileAt(version, file.path)}#${file.hash}`

/** Widths up to which a picture is enlarged, and up to which its pixels are shown as squares. Pixels. */
const SMALL = 400
const TINY = 96

/** A picture, as large as there is room. */
export function Picture({ version, file }: { version: VersionRef, file: File }) {
  const [size, setSize] = useState<{ width: number, height: number }>()
  const [failed, setFailed] = useState(false)
  if (failed) return <Empty icon="image" title="The browser can not draw this picture"><p className="muted">It may be damaged, or not what its name says.</p></Empty>
  return (
    <figure className="picture">
      <img
        src={pictureAt(version, file)} alt={visible(fileName(file.path))} className={size === undefined || size.width > SMALL ? '' : size.width > TINY ? 'is-small' : 'is-tiny'}
        onLoad={event => setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })} onError={() => setFailed(true)}
      />
      {size !== undefined && size.width > 0 && <figcaption className="muted">{size.width} × {size.height} pixels</figcaption>}
    </figure>
  )
}
