import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { archiveAt, fileAt, versionAt } from '../api/addresses.ts'
import { filesQuery } from '../api/queries.ts'
import type { VersionRef } from '../api/types.ts'
import { Code } from './copy.tsx'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { Tabs } from './tabs.tsx'

/** How to work with a version from a shell, with curl and from Python. */

const WAYS = [{ name: 'shell', text: 'Shell' }, { name: 'curl', text: 'curl' }, { name: 'python', text: 'Python' }] as const

export function UseVersion({ version, file, isMain }: { version: VersionRef, file: string | undefined, isMain: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" className={`button${isMain ? ' is-primary' : ''}`} onClick={() => setOpen(true)}><Icon name="terminal" />Use this version</button>
      {open && <Dialog title="Use this version" close={() => setOpen(false)}><Ways version={version} file={file} /></Dialog>}
    </>
  )
}

function Ways({ version, file }: { version: VersionRef, file: string | undefined }) {
  const [way, setWay] = useState<typeof WAYS[number]['name']>('shell')
  const { data } = useQuery(filesQuery(version, { recursive: true, limit: 50 }))
  const path = file ?? data?.items.find(item => item.type === 'file')?.path ?? 'path/of/file'
  return (
    <Tabs label="Way to use it" tabs={WAYS} shown={way} show={setWay}>
      {way === 'shell' && <Code label="Shell" text={inShell(version, path)} />}
      {way === 'curl' && <Code label="curl" text={withCurl(version, path)} />}
      {way === 'python' && <Code label="Python" text={inPython(version, path)} />}
      <p className="muted">{way === 'shell'
        ? 'Run a checkout again to bring the folder up to date: only what differs is moved.'
        : 'From this machine. From another one, send the content of the node’s api-token file as a bearer token.'}
      </p>
    </Tabs>
  )
}

/** A word as a POSIX shell takes it. */
const quoted = (word: string): string => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** A string as Python writes it. */
const literal = (text: string): string => JSON.stringify(text)

const here = (address: string): string => new URL(address, window.location.href).href

function inShell({ ns, name, version }: VersionRef, path: string): string {
  const ref = `${ns}/${name}@${version}`
  return [
    '# everything, as a folder', `npx shoal checkout ${quoted(ref)} ${quoted(`./${name}`)}`, '',
    '# one file', `npx shoal cat ${quoted(`${ref}:${path}`)}`, '',
    '# what is in it', `npx shoal ls ${quoted(ref)}`
  ].join('\n')
}

function withCurl(version: VersionRef, path: string): string {
  return [
    '# everything, as one archive', `curl -fOJ ${quoted(here(archiveAt(version, 'tar.gz')))}`, '',
    '# one file', `curl -fo ${quoted(path.slice(path.lastIndexOf('/') + 1))} ${quoted(here(fileAt(version, path)))}`, '',
    '# every path, one a line', `curl -fH 'Accept: application/x-ndjson' ${quoted(here(versionAt(version, '/files')))}`
  ].join('\n')
}

function inPython(version: VersionRef, path: string): string {
  return [
    'import json', 'import requests', '',
    `version = ${literal(here(versionAt(version)))}`, '',
    '# every entry: path, size, hash',
    'with requests.get(f"{version}/files", headers={"Accept": "application/x-ndjson"}, stream=True) as lines:',
    '    entries = [json.loads(line) for line in lines.iter_lines()]', '',
    '# one file, or a part of it',
    `data = requests.get(version + ${literal(fileAt(version, path).slice(versionAt(version).length))}).content`,
    `head = requests.get(version + ${literal(fileAt(version, path).slice(versionAt(version).length))}, headers={"Range": "bytes=0-99"}).content`
  ].join('\n')
}
