import { Markdown } from 'markdown-to-jsx/react'
import type { ReactNode } from 'react'
import { fileAt } from '../../api/addresses.ts'
import type { VersionRef } from '../../api/types.ts'
import { isWebAddress } from '../visible.ts'
import type { File } from './kinds.ts'
import { LoadedBytes } from './loaded-bytes.tsx'

/** A data card is some pages long. Bytes. */
const AT_FIRST = 256 * 1024
const AT_MOST = 1024 * 1024

/** Markdown, laid out. HTML in it stays text; pictures are only shown out of the version itself. */
export default function MarkdownPreview({ version, file }: { version: VersionRef, file: File }) {
  const folder = file.path.split('/').slice(0, -1)
  const inside = (address: string): string | undefined => within(folder, address)
  const overrides = {
    a: ({ href = '', children }: { href?: string, children?: ReactNode }) => {
      if (isWebAddress(href)) return <a href={href} target="_blank" rel="noopener noreferrer">{children}</a>
      const path = inside(href)
      return path === undefined ? <span>{children}</span> : <a href={fileAt(version, path)} target="_blank" rel="noopener noreferrer">{children}</a>
    },
    img: ({ src = '', alt = '' }: { src?: string, alt?: string }) => {
      const path = inside(src)
      if (path !== undefined) return <img src={fileAt(version, path)} alt={alt} loading="lazy" />
      return isWebAddress(src) ? <a href={src} target="_blank" rel="noopener noreferrer">{alt === '' ? src : alt}</a> : <span>{alt}</span>
    },
    table: ({ children }: { children?: ReactNode }) => <div className="card-table" tabIndex={0} role="group" aria-label="Table"><table>{children}</table></div>,
    // The page has its heading already.
    h1: ({ children }: { children?: ReactNode }) => <h3 className="is-first">{children}</h3>,
    h2: ({ children }: { children?: ReactNode }) => <h4>{children}</h4>,
    h3: ({ children }: { children?: ReactNode }) => <h5>{children}</h5>,
    input: ({ checked }: { checked?: boolean }) => <span>{checked === true ? '☑' : '☐'} </span>
  }
  return (
    <LoadedBytes version={version} file={file} atFirst={AT_FIRST} atMost={AT_MOST}>
      {bytes => <div className="card"><Markdown options={{ disableParsingRawHTML: true, forceBlock: true, overrides }}>{new TextDecoder().decode(bytes)}</Markdown></div>}
    </LoadedBytes>
  )
}

/** Path of the version that a relative address means; undefined where it means none. */
function within(folder: readonly string[], address: string): string | undefined {
  if (address === '' || /^[a-z][a-z0-9+.-]*:|^\/|^#|\\/i.test(address)) return undefined
  const parts = [...folder]
  for (const part of (address.split(/[?#]/)[0] ?? '').split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined
    } else if (part !== '.' && part !== '') parts.push(decoded(part))
  }
  return parts.length === 0 ? undefined : parts.join('/')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
