import { nameOf, parentOf } from '../../model/index.ts'

/** K4: what people call the parts of a dataset, and the name each is known under here. */
const SPLITS: Readonly<Record<string, string>> = {
  train: 'train', training: 'train', trn: 'train',
  val: 'val', valid: 'val', validation: 'val', dev: 'val',
  test: 'test', testing: 'test', tst: 'test', holdout: 'test'
}

/** Folders that say what kind of file lies in them, not what is shown in it. */
const KINDS: ReadonlySet<string> = new Set(['images', 'imgs', 'labels', 'annotations', 'masks', 'data', 'files', 'audio', 'text', 'videos'])

/** The one name of a split: `validation` and `valid` are `val`. Other names stay as they are, in lower case. */
export function splitName(text: string): string {
  const name = text.trim().toLowerCase()
  return Object.hasOwn(SPLITS, name) ? SPLITS[name] ?? name : name
}

const isSplit = (name: string): boolean => Object.hasOwn(SPLITS, name.toLowerCase())

/** The split a path belongs to by its folders (`train/cats/1.jpg`, `images/val/1.jpg`) or its name (`test.csv`, `train-00000-of-00002.parquet`). */
export function splitOfPath(path: string): string | undefined {
  const folder = parentOf(path)
  const named = folder === '' ? undefined : folder.split('/').find(isSplit)
  if (named !== undefined) return splitName(named)
  const first = /^[A-Za-z]+/.exec(nameOf(path))?.[0] ?? ''
  const isAlone = !/^[A-Za-z]/.test(nameOf(path).slice(first.length))
  return isAlone && isSplit(first) && nameOf(path).includes('.') ? splitName(first) : undefined
}

/** The class a file belongs to by the folder it lies in: `train/cats/1.jpg` → `cats`. Folders that name a split or a kind of file are none. */
export function classOfPath(path: string): string | undefined {
  const folders = parentOf(path).split('/').filter(folder => folder !== '' && !isSplit(folder) && !KINDS.has(folder.toLowerCase()))
  return folders.at(-1)
}
