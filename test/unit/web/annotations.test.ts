import { describe, expect, it } from 'vitest'
import { annotationsOf } from '../../../web/parts/preview/coco.ts'

const coco = {
  images: [{ id: 1, file_name: 'train/a.png' }, { id: 2, file_name: 'b.png' }],
  categories: [{ id: 7, name: 'cat' }],
  annotations: [
    { image_id: 1, category_id: 7, bbox: [1, 2, 3, 4], segmentation: [[0, 0, 1, 1, 2, 0]], score: 0.5 },
    { image_id: 1, category_id: 9, bbox: ['x'], segmentation: { counts: 'rle' } },
    { image_id: 2, category_id: 7, bbox: [5, 6, 7, 8] }
  ]
}

describe('C10: annotations of COCO', () => {
  it('finds those of a picture by its path in the version, below the file, or by its name', () => {
    expect(annotationsOf(coco, 'train/a.png', '')).toEqual([
      { label: 'cat', box: [1, 2, 3, 4], outlines: [[0, 0, 1, 1, 2, 0]], score: 0.5 },
      { label: '9', box: undefined, outlines: [], score: undefined }
    ])
    expect(annotationsOf(coco, 'set/train/a.png', 'set')).toHaveLength(2)
    expect(annotationsOf(coco, 'val/b.png', 'val')).toHaveLength(1)
    expect(annotationsOf(coco, 'c.png', '')).toEqual([])
  })

  it('makes nothing of what is no COCO', () => {
    for (const value of [null, 1, 'x', [], {}, { images: 'no' }, { images: [{}], annotations: {} }]) expect(annotationsOf(value, 'a.png', '')).toEqual([])
  })
})
