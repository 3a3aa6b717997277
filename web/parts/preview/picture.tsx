import { useRef, useState, type PointerEvent, type WheelEvent } from 'react'
import type { VersionRef } from '../../api/types.ts'
import { Icon } from '../icon.tsx'
import { fileName } from '../places.ts'
import { Empty } from '../states.tsx'
import { visible } from '../visible.ts'
import type { File } from './kinds.ts'
import { Legend, Overlay, hasLayers, useLayers, type MaskLabels } from './overlay.tsx'
import { pictureAt } from './picture-address.ts'
import { useZoom } from './zoom.ts'

/** Widths up to which a picture is enlarged, and up to which its pixels are shown as squares. Pixels. */
const SMALL = 400
const TINY = 96

/** A picture with what is known of it drawn over; zoomed by keys, buttons and the wheel, moved by dragging. */
export function Picture({ version, file, labels }: { version: VersionRef, file: File, labels: MaskLabels }) {
  const [size, setSize] = useState<{ width: number, height: number }>()
  const [failed, setFailed] = useState(false)
  const image = useRef<HTMLImageElement>(null)
  const layers = useLayers(version, file, labels)
  const zoom = useZoom(() => image.current === null || size === undefined ? 1 : image.current.clientWidth / size.width, file.hash)
  if (failed) return <Empty icon="image" title="The browser can not draw this picture"><p className="muted">It may be damaged, or not what its name says.</p></Empty>
  const fitted = zoom.factor === undefined ? size === undefined || size.width > SMALL ? ' is-fitted' : size.width > TINY ? ' is-small' : ' is-tiny' : ''
  const wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    if (event.deltaY < 0) zoom.in()
    else zoom.out()
  }
  return (
    <figure className="picture">
      <div className={`picture-stage${zoom.factor === undefined ? '' : ' is-zoomed'}`} tabIndex={zoom.factor === undefined ? undefined : 0} role="group" aria-label="Picture" onWheel={wheel} {...dragging}>
        <div className={`picture-frame${fitted}${(zoom.factor ?? 1) >= 3 ? ' is-pixels' : ''}`} style={zoom.factor === undefined || size === undefined ? undefined : { width: size.width * zoom.factor }}>
          <img
            ref={image} src={pictureAt(version, file)} alt={visible(fileName(file.path))} draggable={false}
            onLoad={event => setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })} onError={() => setFailed(true)}
          />
          {size !== undefined && size.width > 0 && hasLayers(layers) && <Overlay layers={layers} version={version} width={size.width} height={size.height} />}
        </div>
      </div>
      <figcaption className="picture-foot">
        <span className="picture-zoom">
          <button type="button" className="button is-small is-square" aria-label="Zoom out" title="Zoom out (−)" onClick={zoom.out}><Icon name="zoomout" /></button>
          <button type="button" className="button is-small" onClick={zoom.factor === undefined ? () => zoom.set(1) : zoom.fit} title="Fit or original size (0)"><span className="figure">{zoom.factor === undefined ? 'Fit' : `${Math.round(zoom.factor * 100)} %`}</span></button>
          <button type="button" className="button is-small is-square" aria-label="Zoom in" title="Zoom in (+)" onClick={zoom.in}><Icon name="zoomin" /></button>
        </span>
        {size !== undefined && size.width > 0 && <span className="muted figure">{size.width} × {size.height} pixels</span>}
        {hasLayers(layers) && <Legend layers={layers} />}
      </figcaption>
    </figure>
  )
}

/** A zoomed picture is moved as one moves a map. */
const dragging = {
  onPointerDown: (event: PointerEvent<HTMLElement>): void => {
    const stage = event.currentTarget
    if (event.button !== 0 || !stage.classList.contains('is-zoomed') || event.pointerType === 'touch') return
    stage.setPointerCapture(event.pointerId)
    stage.dataset['drag'] = `${event.clientX + stage.scrollLeft} ${event.clientY + stage.scrollTop}`
  },
  onPointerMove: (event: PointerEvent<HTMLElement>): void => {
    const [x, y] = event.currentTarget.dataset['drag']?.split(' ').map(Number) ?? []
    if (x === undefined || y === undefined) return
    event.currentTarget.scrollTo(x - event.clientX, y - event.clientY)
  },
  onPointerUp: (event: PointerEvent<HTMLElement>): void => { delete event.currentTarget.dataset['drag'] }
}
