import { useId, useMemo, useState, type KeyboardEvent } from 'react'
import { showBytes, showChange, showCount } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { fileName } from '../places.ts'
import { useRowWindow } from '../row-window.ts'
import { visible } from '../visible.ts'
import { rowsOf, sizeOf, type ChangeFolder, type ChangeRow } from './tree.ts'

/** What differs, as a tree with sizes. Arrow keys walk through it; stays quick with a hundred thousand changes. */

const ROW_HEIGHT = 32
/** Folders with more below them start closed. */
const OPEN_UP_TO = 24

const SIGN = { added: '+', modified: '~', removed: '−' } as const

interface Props { readonly tree: ChangeFolder, readonly chosen: string | undefined, readonly open: (path: string) => void }

export function ChangeTree({ tree, chosen, open }: Props) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null)
  const [active, setActive] = useState(0)
  const id = useId()
  const isOpen = (folder: ChangeFolder): boolean => (folder.added + folder.modified + folder.removed <= OPEN_UP_TO || folder.path !== '' && chosen?.startsWith(`${folder.path}/`) === true) !== toggled.has(folder.path)
  const rows = useMemo(() => rowsOf(tree, isOpen), [tree, toggled, chosen])
  const { first, end, ...view } = useRowWindow(scroller, rows.length, ROW_HEIGHT, 0)
  const toggle = (folder: ChangeFolder): void => setToggled(new Set(toggled.has(folder.path) ? [...toggled].filter(path => path !== folder.path) : [...toggled, folder.path]))
  const act = (index: number): void => {
    const row = rows[index]
    setActive(index)
    if (row?.folder !== undefined) toggle(row.folder)
    else if (row?.item !== undefined) open(row.item.path)
  }
  const press = (event: KeyboardEvent): void => {
    const row = rows[active]
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: rows.length - 1 }[event.key]
    if (to !== undefined) {
      const target = Math.max(0, Math.min(rows.length - 1, to))
      setActive(target)
      view.reveal(target)
    } else if (event.key === 'Enter' || event.key === ' ') act(active)
    else if (event.key === 'ArrowRight' && row?.folder !== undefined && !isOpen(row.folder)) toggle(row.folder)
    else if (event.key === 'ArrowLeft' && row?.folder !== undefined && isOpen(row.folder)) toggle(row.folder)
    else return
    event.preventDefault()
  }
  return (
    <div ref={setScroller} className="change-tree" role="tree" tabIndex={0} aria-label="Changed files" aria-activedescendant={`${id}-${active}`} onKeyDown={press}>
      <div className="change-rows" role="presentation" style={{ height: view.height }}>
        {rows.slice(first, end).map((row, i) => {
          const index = first + i
          const path = row.folder?.path ?? row.item?.path ?? ''
          return (
            <div
              key={`${row.folder === undefined ? 'f' : 'd'}${path}`} id={`${id}-${index}`} className={`change-row${index === active ? ' is-active' : ''}${path === chosen ? ' is-chosen' : ''}`} role="treeitem" aria-level={row.depth + 1}
              aria-expanded={row.folder === undefined ? undefined : isOpen(row.folder)} aria-selected={path === chosen} style={{ transform: `translateY(${view.top(index)}px)`, paddingLeft: 16 + row.depth * 18 }} onClick={() => act(index)}
            >
              <Row row={row} isOpen={row.folder !== undefined && isOpen(row.folder)} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

function Row({ row: { folder, item }, isOpen }: { row: ChangeRow, isOpen: boolean }) {
  if (folder !== undefined) {
    return (
      <>
        <Icon name={isOpen ? 'down' : 'right'} size={14} /><Icon name="folder" />
        <span className="change-name">{visible(folder.name)}</span>
        <span className="change-counts figure">
          {folder.added > 0 && <span className="is-added">+{showCount(folder.added)}</span>}{folder.modified > 0 && <span className="is-modified">~{showCount(folder.modified)}</span>}{folder.removed > 0 && <span className="is-removed">−{showCount(folder.removed)}</span>}
        </span>
        <span className="change-size figure muted">{showChange(folder.bytes, showBytes)}</span>
      </>
    )
  }
  if (item === undefined) return null
  const isFolder = (item.after ?? item.before)?.type === 'folder'
  return (
    <>
      <span className={`change-sign is-${item.change}`}><span aria-hidden="true">{SIGN[item.change]}</span><span className="unseen">{item.change}</span></span>
      <span className="change-name" title={visible(item.path)}>{visible(fileName(item.path))}{isFolder && <span className="muted">/ empty folder</span>}</span>
      <span className="change-size figure muted">{isFolder ? '' : item.change === 'modified' ? showChange(sizeOf(item.after) - sizeOf(item.before), showBytes) : showBytes(sizeOf(item.after ?? item.before))}</span>
    </>
  )
}
