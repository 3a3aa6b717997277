import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { versionQuery, versionsQuery } from '../api/queries.ts'
import type { VersionDetails, VersionRef } from '../api/types.ts'
import { Badge, StateBadge } from '../parts/badge.tsx'
import { Breadcrumbs } from '../parts/breadcrumbs.tsx'
import { ConflictsNote, useConflicts } from '../parts/conflicts/conflicts-note.tsx'
import { Console } from '../parts/console.tsx'
import { CopyButton } from '../parts/copy.tsx'
import { Downloads } from '../parts/downloads/downloads.tsx'
import { FileBrowser } from '../parts/file-browser.tsx'
import { Icon } from '../parts/icon.tsx'
import { later } from '../parts/later.tsx'
import { HOME, TABS, type Tab, datasetPlace, datasetsPlace, nameIn, versionPlace } from '../parts/places.ts'
import { PublishButton } from '../parts/publish.tsx'
import { useQueryState } from '../parts/query-state.ts'
import { Loaded, Skeleton } from '../parts/states.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { useTitle } from '../parts/title.ts'
import { UseVersion } from '../parts/use-version.tsx'
import { VersionMenu } from '../parts/version-actions.tsx'
import { VersionFigures, VersionSide } from '../parts/version-info.tsx'
import { visible } from '../parts/visible.ts'

const Preview = later(() => import('../parts/preview/preview.tsx'), <Skeleton rows={4} />)

const Changes = later(() => import('../parts/changes/changes-tab.tsx'), <Skeleton rows={5} />)
const Conflicts = later(() => import('../parts/conflicts/conflicts-tab.tsx'), <Skeleton rows={5} />)
const Experiments = later(() => import('../parts/experiments/experiments-tab.tsx'), <Skeleton rows={5} />)
const Quality = later(() => import('../parts/quality.tsx'), <Skeleton rows={5} />)

const TAB_NAMES: Readonly<Record<Tab, string>> = { content: 'Content', conflicts: 'Conflicts', preview: 'Preview', changes: 'Changes', quality: 'Quality', experiments: 'Experiments', console: 'Console' }

/** One version: what it is, what it holds, what happened to it. */
export default function VersionPage({ ns, name, version }: VersionRef) {
  const ref = { ns, name, version }
  useTitle(`${ns}/${name}@${version}`)
  const query = useQuery(versionQuery(ref))
  return (
    <>
      <Breadcrumbs label="Way here" steps={[{ text: 'Datasets', to: HOME }, { text: ns, to: datasetsPlace({ namespace: ns }) }, { text: name, to: datasetPlace(ref) }, { text: query.data?.number ?? version }]} />
      <Loaded query={query} rows={8} heading="h1">{details => <Shown version={details} at={ref} />}</Loaded>
    </>
  )
}

function Shown({ version, at }: { version: VersionDetails, at: VersionRef }) {
  const [params, change] = useQueryState()
  const tab = TABS.find(tab => tab === params.get('tab')) ?? 'content'
  const folder = params.get('folder') ?? ''
  const file = params.get('file') ?? undefined
  const named = { ...at, version: nameIn(version.ref) }
  const fixed = { ...at, version: version.id }
  const conflicts = useConflicts(version, fixed)
  const tabs = TABS.filter(name => name !== 'conflicts' || conflicts > 0 || tab === 'conflicts').map(name => ({ name, text: TAB_NAMES[name], ...name === 'conflicts' && conflicts > 0 ? { count: conflicts } : {} }))
  return (
    <>
      <header className="page-head is-tall">
        <div className="page-title">
          <h1>{version.number} {version.name !== '' && <span className="muted">{visible(version.name)}</span>} <StateBadge state={version.state} />{version.archived && <Badge>Archived</Badge>}</h1>
          <p className="ref"><span className="mono muted">{version.ref}</span><CopyButton text={version.ref} what="the reference" /></p>
        </div>
        <Switcher at={at} shown={version} />
        <Downloads version={version} at={named} folder={tab === 'content' ? folder : ''} />
        <UseVersion version={named} file={file} isMain={version.state === 'published'} />
        <PublishButton version={version} />
        <VersionMenu of={at} version={version} isOpen className="button is-square" />
        {version.description !== '' && <p className="lead">{visible(version.description)}</p>}
      </header>
      {version.warnings?.map(warning => <p key={warning} className="note"><Icon name="warning" />{warning}</p>)}
      {tab !== 'conflicts' && <ConflictsNote count={conflicts} at={at} />}
      <VersionFigures version={version} at={at} />
      <div className="columns">
        <div className="column">
          <FullScreen>
            {button => (
              <Tabs label="Parts of this version" tabs={tabs} shown={tab} show={next => change({ tab: next === 'content' ? undefined : next, file: undefined, against: undefined })} aside={button}>
                {tab === 'content' && <FileBrowser version={at} fixed={fixed} folder={folder} isDraft={version.state === 'draft' && !version.archived} />}
                {tab === 'preview' && <Preview at={at} fixed={fixed} file={file} labels={version.maskLabels} />}
                {tab === 'changes' && <Changes version={version} fixed={fixed} />}
                {tab === 'conflicts' && <Conflicts version={fixed} />}
                {tab === 'experiments' && <Experiments version={version} fixed={fixed} />}
                {tab === 'quality' && <Quality version={version} fixed={fixed} />}
                {tab === 'console' && <Console version={fixed} shown={version} />}
              </Tabs>
            )}
          </FullScreen>
        </div>
        <VersionSide version={version} />
      </div>
    </>
  )
}

/** Goes to another version of the same dataset. */
function Switcher({ at, shown }: { at: VersionRef, shown: VersionDetails }) {
  const { data } = useInfiniteQuery(versionsQuery(at))
  const [, navigate] = useLocation()
  const versions = data?.pages.flatMap(page => page.items).toReversed() ?? []
  if (versions.length < 2) return null
  return (
    <label className="choice">
      <span className="unseen">Version</span>
      <select value={shown.id} onChange={event => navigate(versionPlace({ ...at, version: nameIn(versions.find(version => version.id === event.target.value)?.ref ?? shown.ref) }))}>
        {!versions.some(version => version.id === shown.id) && <option value={shown.id}>{shown.number}</option>}
        {versions.map(version => <option key={version.id} value={version.id}>{version.number}{version.name === '' ? '' : ` ${version.name}`}{version.state === 'draft' ? ' (draft)' : ''}</option>)}
      </select>
    </label>
  )
}

/** A panel that can take the whole window; Escape gives it back. */
function FullScreen({ children }: { children: (button: React.ReactNode) => React.ReactNode }) {
  const [full, setFull] = useState(false)
  useEffect(() => {
    if (!full) return undefined
    const leave = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) setFull(false)
    }
    document.addEventListener('keydown', leave)
    document.documentElement.classList.add('has-full')
    return () => {
      document.removeEventListener('keydown', leave)
      document.documentElement.classList.remove('has-full')
    }
  }, [full])
  const label = full ? 'Back to the page' : 'Fill the window'
  return (
    <section className={`panel${full ? ' is-full' : ''}`} aria-label="Parts of this version">
      {children(<button type="button" className="button is-quiet is-square" aria-label={label} title={label} aria-pressed={full} onClick={() => setFull(!full)}><Icon name={full ? 'shrink' : 'expand'} /></button>)}
    </section>
  )
}
