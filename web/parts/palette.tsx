import { useInfiniteQuery } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { datasetsQuery, versionsQuery } from '../api/queries.ts'
import type { DatasetRef } from '../api/types.ts'
import { useFocusBack } from './focus-back.ts'
import { Icon, iconOfType, type IconName } from './icon.tsx'
import { ACTIVITY, HOME, SETTINGS, TEAM, datasetPlace, datasetsPlace, nameIn, versionPlace } from './places.ts'
import { visible } from './visible.ts'

/** The command palette: everywhere the page can go, and what can be started, by a few letters. */

interface Way { readonly text: string, readonly icon: IconName, readonly to: string, readonly words?: string }

const WAYS: readonly Way[] = [
  { text: 'New dataset', icon: 'plus', to: datasetsPlace({ create: 'true' }), words: 'create add' },
  { text: 'Invite a machine', icon: 'team', to: `${TEAM}?invite=true`, words: 'join member' },
  { text: 'Join a team', icon: 'link', to: `${TEAM}?join=true`, words: 'invite' },
  { text: 'Datasets', icon: 'list', to: HOME },
  { text: 'Archived datasets', icon: 'archive', to: datasetsPlace({ archived: 'true' }) },
  { text: 'Team', icon: 'team', to: TEAM, words: 'members peers machines devices' },
  { text: 'Activity', icon: 'pulse', to: ACTIVITY, words: 'jobs' },
  { text: 'Settings', icon: 'settings', to: SETTINGS, words: 'storage verify collect node' },
  { text: 'HTTP API', icon: 'terminal', to: '/docs', words: 'openapi documentation' }
]

export default function Palette({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [words, setWords] = useState('')
  useFocusBack()
  const [location, navigate] = useLocation()
  const { data } = useInfiniteQuery(datasetsQuery({ q: words.trim() === '' ? undefined : words.trim() }))
  const datasets = data?.pages.flatMap(page => page.items).slice(0, 12) ?? []
  const [, ns, name] = /^\/datasets\/([^/]+)\/([^/]+)/.exec(location) ?? []
  useEffect(() => {
    if (dialog.current?.open !== false) return
    dialog.current.showModal()
    dialog.current.querySelector('input')?.focus()
  }, [])
  const go = (to: string): void => {
    close()
    if (to.startsWith('/docs')) window.location.assign(to)
    else navigate(to)
  }
  return (
    <dialog ref={dialog} className="palette" aria-label="Go to" onClose={close} onClick={event => { if (event.target === dialog.current) close() }}>
      <Command label="Go to" loop>
        <div className="palette-field"><Icon name="search" size={18} /><Command.Input placeholder="Go to a dataset, a version, a place …" value={words} onValueChange={setWords} /><kbd aria-hidden="true">Esc</kbd></div>
        <Command.List>
          <Command.Empty>Nothing fits. Try a part of a name.</Command.Empty>
          {ns !== undefined && name !== undefined && <VersionsOf of={{ ns: decodeURIComponent(ns), name: decodeURIComponent(name) }} go={go} />}
          <Command.Group heading="Datasets">
            {datasets.map(dataset => (
              <Command.Item key={dataset.id} value={`${dataset.ref} ${dataset.displayName} ${dataset.description} ${dataset.tags.join(' ')}`} onSelect={() => go(datasetPlace({ ns: dataset.namespace, name: dataset.name }))}>
                <Icon name={iconOfType(dataset.type)} /><span className="palette-text">{dataset.ref}</span><span className="muted palette-note">{visible(dataset.displayName)}</span>
              </Command.Item>
            ))}
          </Command.Group>
          <Command.Group heading="Places">
            {WAYS.map(way => <Command.Item key={way.text} value={`${way.text} ${way.words ?? ''}`} onSelect={() => go(way.to)}><Icon name={way.icon} /><span className="palette-text">{way.text}</span></Command.Item>)}
          </Command.Group>
        </Command.List>
      </Command>
    </dialog>
  )
}

function VersionsOf({ of, go }: { of: DatasetRef, go: (to: string) => void }) {
  const { data } = useInfiniteQuery(versionsQuery(of))
  const versions = data?.pages.flatMap(page => page.items).toReversed().slice(0, 20) ?? []
  if (versions.length === 0) return null
  return (
    <Command.Group heading={`Versions of ${of.ns}/${of.name}`}>
      {versions.map(version => (
        <Command.Item key={version.id} value={`${version.ref} ${version.name}`} onSelect={() => go(versionPlace({ ...of, version: nameIn(version.ref) }))}>
          <Icon name="branch" /><span className="palette-text">{version.number}</span><span className="muted palette-note">{version.name} {version.state}</span>
        </Command.Item>
      ))}
    </Command.Group>
  )
}
