import { MAX_PATH_BYTES, nameOf, parentOf } from '../model/index.ts'

/** Bytes of a label in a name: enough for a device and a date. */
const MAX_LABEL_BYTES = 64
/** Bytes of a name, as paths have it. */
const MAX_NAME_BYTES = 255
/** An ending longer than this is part of the name rather than a file type. Bytes. */
const MAX_ENDING_BYTES = 16
/** Bytes a name needs in a folder: where a folder's path leaves less, the file goes one folder up. */
const ROOM = 128

/**
 * Where content goes that lost its name to another: `folder/name (conflict <label>).ext`, from the second try on with a number.
 * A function of its arguments alone, as all nodes must choose the same.
 */
export function conflictPath(path: string, label: string, attempt: number): string {
  const name = nameOf(path)
  const dot = name.lastIndexOf('.')
  const ending = dot > 0 && Buffer.byteLength(name) - dot <= MAX_ENDING_BYTES ? name.slice(dot) : ''
  const mark = ` (conflict ${cleanLabel(label)}${attempt === 1 ? '' : ` ${attempt}`})${ending}`
  let folder = parentOf(path)
  while (folder !== '' && MAX_PATH_BYTES - Buffer.byteLength(folder) - 1 < ROOM) folder = parentOf(folder)
  const room = Math.min(MAX_NAME_BYTES, folder === '' ? MAX_PATH_BYTES : MAX_PATH_BYTES - Buffer.byteLength(folder) - 1)
  const stem = ending === '' ? name : name.slice(0, dot)
  return `${folder === '' ? '' : `${folder}/`}${cutTo(stem, room - Buffer.byteLength(mark))}${mark}`
}

/** A label as part of a name: no slashes or control characters, not too long. */
function cleanLabel(label: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this replaces
  return cutTo(label.toWellFormed().replace(/[\u0000-\u001f\u007f\\/]/g, '-'), MAX_LABEL_BYTES).trim() || 'other'
}

/** The longest start of whole characters that takes at most `bytes`. */
function cutTo(text: string, bytes: number): string {
  let length = 0
  let end = 0
  for (const character of text) {
    length += Buffer.byteLength(character)
    if (length > bytes) return text.slice(0, end)
    end += character.length
  }
  return text
}
