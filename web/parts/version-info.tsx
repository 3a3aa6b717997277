import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { VersionDetails, VersionRef } from '../api/types.ts'
import { sizeQuery } from '../api/version-queries.ts'
import { CopyButton } from './copy.tsx'
import { Facts, Figures, Panel } from './facts.tsx'
import { counted, shortHash, showBytes, showChange, showCount } from './figures.ts'
import { MemberName } from './member.tsx'
import { versionPlace } from './places.ts'
import { Tags } from './tags.tsx'
import { Time } from './time.tsx'

/** W2: what a version is. */

/** Files of a version whose stored size is asked for unbidden: the node looks at each. */
const MAX_MEASURED = 100_000

export function VersionFigures({ version, at }: { version: VersionDetails, at: VersionRef }) {
  const { files, bytes, links, changes } = version
  const isMeasured = bytes !== null && bytes > 0 && changes !== null && (files ?? 0) <= MAX_MEASURED
  const { data: size } = useQuery({ ...sizeQuery({ ...at, version: version.id }), enabled: isMeasured, retry: false })
  const known = (value: number | null, show: (value: number) => string): string => value === null ? '–' : show(value)
  return (
    <Figures figures={[
      { name: 'Files', value: known(files, showCount), note: links === null || links === 0 ? undefined : `and ${counted(links, 'link')}` },
      { name: 'Size', value: known(bytes, showBytes), note: size === undefined ? undefined : `${showBytes(size.storedBytes)} stored` },
      ...version.parents.length === 0 ? [] : [{ name: 'Changes', value: changes === null ? '–' : <Changes changes={changes} />, note: changes === null ? undefined : `${showChange(changes.bytes, showBytes)} against ${version.parents[0]?.number ?? 'its parent'}` }],
      { name: 'Comes from', value: <Parents version={version} at={at} /> },
      { name: 'Updated', value: <Time at={version.updatedAt} /> }
    ]}
    />
  )
}

function Changes({ changes }: { changes: NonNullable<VersionDetails['changes']> }) {
  return (
    <span className="changes">
      <span className="is-added" title="added"><span className="unseen">added </span>+{showCount(changes.added)}</span>
      <span className="is-modified" title="modified"><span className="unseen">modified </span>~{showCount(changes.modified)}</span>
      <span className="is-removed" title="removed"><span className="unseen">removed </span>−{showCount(changes.removed)}</span>
    </span>
  )
}

function Parents({ version: { parents }, at }: { version: VersionDetails, at: VersionRef }) {
  if (parents.length === 0) return <span className="muted">no parent</span>
  return (
    <>
      {parents.map(({ id, number }, i) => (
        <span key={id}>{i > 0 && ', '}{number === null ? <span className="muted" title={id}>deleted</span> : <Link href={versionPlace({ ...at, version: number })}>{number}</Link>}</span>
      ))}
    </>
  )
}

/** Everything else, at the side. */
export function VersionSide({ version }: { version: VersionDetails }) {
  const { published } = version
  const masks = Object.entries(version.maskLabels)
  return (
    <aside className="column is-side" aria-label="Details">
      <Panel id="details" title="Details">
        <Facts facts={[
          ['Number', version.number],
          ['Name', version.name],
          ['Began', version.mode === 'inherit' ? 'with its parent’s files' : 'empty'],
          ['Created', <Time key="created" at={version.createdAt} />],
          ['By', <MemberName key="by" id={version.createdBy} />],
          ['Comment', version.comment],
          ['Tags', version.tags.length === 0 ? '' : <Tags key="tags" tags={version.tags} />],
          ['Version id', <Name key="id" text={version.id} what="the version id" />],
          ['Dataset', version.dataset]
        ]}
        />
      </Panel>
      {published !== null && (
        <Panel id="published" title="Publication">
          <Facts facts={[
            ['Published', <Time key="at" at={published.at} />],
            ['By', <MemberName key="by" id={published.by} />],
            ['Message', published.message],
            ['Record', <Name key="record" text={published.record} what="the record" short />],
            ['Tree', <Name key="tree" text={published.tree} what="the tree" short />],
            ['Also claimed by', published.clashes.length === 0 ? '' : published.clashes.map(shortHash).join(', ')]
          ]}
          />
        </Panel>
      )}
      {masks.length > 0 && (
        <Panel id="masks" title="Mask labels">
          <ul className="plain swatches">
            {masks.map(([colour, labels]) => <li key={colour}><span className="swatch" style={{ background: colour }} /><span>{labels.join(', ')}</span><span className="mono faint">{colour}</span></li>)}
          </ul>
        </Panel>
      )}
      {Object.keys(version.metadata).length > 0 && <Panel id="metadata" title="Metadata"><pre className="mono json" tabIndex={0}>{JSON.stringify(version.metadata, null, 2)}</pre></Panel>}
    </aside>
  )
}

const Name = ({ text, what, short = false }: { text: string, what: string, short?: boolean }) =>
  <span className="long"><span className="mono" title={text}>{short ? shortHash(text) : text}</span><CopyButton text={text} what={what} /></span>
