import { fileAt } from '../../api/addresses.ts'
import type { VersionRef } from '../../api/types.ts'
import type { File } from './kinds.ts'

/** The address of a picture. Its hash stands behind it, so that a replaced file of a draft is drawn anew. */
export const pictureAt = (version: VersionRef, file: File): string => `${fileAt(version, file.path)}#${file.hash}`
