import { setImmediate as turn } from 'node:timers/promises'
import { seededChance } from '../../runtime/index.ts'
import { encodePng } from './png.ts'
import { SHAPES, drawScene, type Scene } from './scene.ts'
import type { ExampleFile, ExampleSource } from './source.ts'

/** The example `shapes`: pictures with boxes, outlines and masks, drawn from a seed. */

const SEED = 20_260_101
/** Of each row of pictures this share is for validation: every fifth. */
const VALIDATION_EVERY = 5
const FIRST_PICTURES = 60
const ALL_PICTURES = 72

export const shapes: ExampleSource = {
  fields: {
    namespace: 'examples',
    name: 'shapes',
    displayName: 'Shapes: pictures with boxes and masks',
    description: 'Drawn pictures of circles, squares, triangles and stars for trying out detection and segmentation: COCO annotations with boxes and outlines, a mask for every picture, train and val folders.',
    type: 'image',
    task: 'segmentation',
    format: 'others',
    status: 'ready',
    scenario: 'Trying out Shoal',
    license: 'CC0-1.0',
    tags: ['boxes', 'coco', 'generated', 'masks'],
    example: true
  },
  maskLabels: { '#000000': ['background'], ...Object.fromEntries(SHAPES.map(({ mask, name }) => [mask, [name]])) },
  versions: [
    { number: '1.0.0', description: `${FIRST_PICTURES} pictures.`, message: `${FIRST_PICTURES} pictures with boxes and masks`, files: () => pictures(0, FIRST_PICTURES) },
    { number: '1.1.0', description: `${ALL_PICTURES - FIRST_PICTURES} pictures more.`, message: `${ALL_PICTURES - FIRST_PICTURES} pictures more`, files: () => pictures(FIRST_PICTURES, ALL_PICTURES) }
  ]
}

interface Annotated { readonly id: number, readonly path: string, readonly scene: Scene }

/** Pictures `from` (included) to `to` (excluded) with their masks, and the files that describe all pictures up to `to`. */
async function* pictures(from: number, to: number): AsyncGenerator<ExampleFile> {
  const chance = seededChance(SEED)
  const annotated: Annotated[] = []
  for (let index = 0; index < to; index++) {
    await turn() // A picture takes some milliseconds: the node answers in between.
    const scene = drawScene(() => chance.next())
    const path = `${index % VALIDATION_EVERY === VALIDATION_EVERY - 1 ? 'val' : 'train'}/${String(index + 1).padStart(4, '0')}.png`
    annotated.push({ id: index + 1, path, scene })
    if (index < from) continue
    yield { path, bytes: encodePng(scene.picture) }
    yield { path: `masks/${path}`, bytes: encodePng(scene.mask) }
  }
  yield { path: 'annotations.json', bytes: json(annotationsOf(annotated)) }
  yield { path: 'mask-labels.json', bytes: json(shapes.maskLabels) }
  yield { path: 'README.md', bytes: Buffer.from(cardOf(annotated)) }
}

const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 1)}\n`)

function annotationsOf(annotated: readonly Annotated[]): unknown {
  let id = 0
  return {
    info: { description: 'Drawn shapes', version: '1', year: 2026 },
    licenses: [{ id: 1, name: 'CC0-1.0', url: 'https://creativecommons.org/publicdomain/zero/1.0/' }],
    categories: SHAPES.map(({ id, name }) => ({ id, name, supercategory: 'shape' })),
    images: annotated.map(({ id, path, scene: { picture } }) => ({ id, file_name: path, width: picture.width, height: picture.height, license: 1 })),
    annotations: annotated.flatMap(({ id: image, scene }) => scene.found.map(({ shape, box, area, outline }) =>
      ({ id: ++id, image_id: image, category_id: shape, bbox: box, area, segmentation: [outline], iscrowd: 0 })))
  }
}

function cardOf(annotated: readonly Annotated[]): string {
  const counts = SHAPES.map(({ id, name, mask }) => {
    const number = annotated.reduce((sum, { scene }) => sum + scene.found.filter(found => found.shape === id).length, 0)
    return `| ${name} | \`${mask}\` | ${number} |`
  })
  const validation = annotated.filter(({ path }) => path.startsWith('val/')).length
  return `# Shapes

${annotated.length} drawn pictures of circles, squares, triangles and stars, to try out detection and segmentation on: small, and all in one place.

| file | holds |
| --- | --- |
| \`train/\`, \`val/\` | ${annotated.length - validation} pictures to train with and ${validation} to validate with |
| \`masks/\` | a mask for each picture, under the same name |
| \`annotations.json\` | boxes, outlines and labels as COCO writes them |
| \`mask-labels.json\` | what the colours of the masks mean |

## What is in the pictures

| shape | colour in masks | how many |
| --- | --- | --- |
${counts.join('\n')}

The colour a shape has in a picture says nothing about what it is. Shapes never touch each other or the edge.

## Where it comes from

Drawn by Shoal from the seed ${SEED}, the same on every machine. Licence: [CC0 1.0](https://creativecommons.org/publicdomain/zero/1.0/), free for anything.
`
}
