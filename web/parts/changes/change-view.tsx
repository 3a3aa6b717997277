import type { DiffItem, FileItem, VersionRef } from '../../api/types.ts'
import { showBytes } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { visible } from '../visible.ts'
import { Comparison } from './comparison.tsx'

/** One file before and after. */

interface Props { readonly item: DiffItem, readonly version: VersionRef, readonly against: string | undefined, readonly close: () => void }

export function ChangeView({ item, version, against, close }: Props) {
  const before: VersionRef = { ...version, version: against ?? version.version }
  return (
    <section className="change-view" aria-label={`Change of ${item.path}`}>
      <header className="change-head">
        <h2>{visible(item.path)}</h2>
        <span className={`badge is-${item.change}`}>{item.change}</span>
        <span className="muted figure">{[item.before, item.after].filter(entry => entry !== null).map(sizeText).join(' → ')}</span>
        <button type="button" className="button is-quiet is-small is-square" aria-label="Close" onClick={close}><Icon name="close" /></button>
      </header>
      <Comparison one={{ label: 'Before', version: before, entry: item.before }} other={{ label: 'After', version, entry: item.after }} />
    </section>
  )
}

const sizeText = (entry: FileItem): string => entry.type === 'file' ? showBytes(entry.size) : entry.type
