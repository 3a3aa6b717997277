import { fail } from '../errors/index.ts'
import { nameOf, parentOf } from '../model/index.ts'

/** A2: which files belong into a dataset of a type, by what their names end in. Types that are not listed take every file. */
const ENDINGS: Readonly<Record<string, ReadonlySet<string>>> = {
  image: new Set('jpg jpeg jpe png gif bmp tif tiff webp svg avif heic heif ico ppm pgm pbm pnm exr hdr dng cr2 nef arw raw psd jp2 dcm nii'.split(' ')),
  audio: new Set('wav mp3 flac ogg oga opus m4a aac aif aiff wma amr mid midi'.split(' ')),
  video: new Set('mp4 m4v mov avi mkv webm mpg mpeg wmv flv ogv 3gp ts mts'.split(' ')),
  text: new Set('txt md rst tex json jsonl ndjson xml html htm csv tsv parquet arrow conll srt vtt pdf doc docx epub rtf yaml yml'.split(' ')),
  tabular: new Set('csv tsv psv json jsonl ndjson parquet arrow feather avro orc xls xlsx ods db sqlite sqlite3 duckdb tfrecord tfrecords h5 hdf5 npy npz dta sav sas7bdat arff libsvm svm'.split(' ')),
  'time-series': new Set('csv tsv json jsonl ndjson parquet arrow feather avro orc xls xlsx tfrecord tfrecords h5 hdf5 npy npz mat edf nc wfdb ts arff'.split(' '))
}

/** What a compressed table still is. */
const PACKED = /\.(gz|zst|bz2|xz)$/i
/** Files that say what a dataset is. */
const DESCRIBES = /^(readme|licen[cs]e|citation|changelog|notice|dataset_infos?|croissant|mask-labels|splits|data_?card|datapackage)(\.[\w.-]+)?$/i
/** Files that say what is shown in others; they are data, too. */
const ANNOTATES = /^(annotations?|labels?|classes|metadata|instances\w*|_annotations\w*)(\.[\w.-]+)?$/i
const ANNOTATING_FOLDERS: ReadonlySet<string> = new Set(['labels', 'annotations', 'masks'])

/** Whether a file says what the dataset is, rather than being data. */
export const isDescribing = (path: string): boolean => DESCRIBES.test(nameOf(path))

const isAnnotating = (path: string): boolean => ANNOTATES.test(nameOf(path)) || parentOf(path).split('/').some(folder => ANNOTATING_FOLDERS.has(folder.toLowerCase()))

export interface Typed { readonly type: string, readonly strictTypes: boolean }

/** One sentence about why a file does not belong into a dataset; undefined when it does. */
export function typeProblem({ type, strictTypes }: Typed, path: string): string | undefined {
  const endings = strictTypes && Object.hasOwn(ENDINGS, type) ? ENDINGS[type] : undefined
  if (endings === undefined) return undefined
  const ending = /\.([A-Za-z0-9]+)$/.exec(nameOf(path).replace(PACKED, ''))?.[1]?.toLowerCase() ?? ''
  return endings.has(ending) || isDescribing(path) || isAnnotating(path) ? undefined : `it is no ${type} file, and the dataset takes only those (strict types)`
}

/** @throws TYPE_REFUSED */
export function checkType(dataset: Typed, path: string): void {
  const problem = typeProblem(dataset, path)
  if (problem !== undefined) fail('TYPE_REFUSED', `${path} is left out: ${problem}`, { path, type: dataset.type })
}
