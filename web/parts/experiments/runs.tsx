import { Link } from 'wouter'
import type { DatasetRef, RunItem } from '../../api/types.ts'
import { Badge } from '../badge.tsx'
import { CopyButton } from '../copy.tsx'
import { shortHash } from '../figures.ts'
import { MemberName } from '../member.tsx'
import { placeOfRef } from '../places.ts'
import { Time } from '../time.tsx'
import { visible } from '../visible.ts'

/** Runs of scripts, newest first. */

const STATES: Readonly<Record<RunItem['state'], readonly [text: string, tone: 'accent' | 'good' | 'bad' | 'draft' | 'plain', title: string]>> = {
  running: ['running', 'accent', 'What it uses can not be deleted'],
  lapsed: ['lapsed', 'draft', 'Not heard of for a day; it no longer holds what it used'],
  done: ['done', 'good', 'It ended well'],
  failed: ['failed', 'bad', 'It ended badly']
}

/** @property of the dataset whose versions are named by number alone */
export function Runs({ runs, of }: { runs: readonly RunItem[], of: DatasetRef }) {
  return (
    <div className="runs-table" tabIndex={0} role="region" aria-label="Runs">
      <table className="rows runs">
        <thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">Uses</th><th scope="col">Started</th><th scope="col">Finished</th><th scope="col">By</th></tr></thead>
        <tbody>{runs.map(run => <Row key={run.id} run={run} of={of} />)}</tbody>
      </table>
    </div>
  )
}

function Row({ run, of }: { run: RunItem, of: DatasetRef }) {
  const [text, tone, title] = STATES[run.state]
  return (
    <tr>
      <th scope="row">
        <strong>{visible(run.name)}</strong>{run.kind === 'processing' && <span className="muted"> processing</span>}{run.tool !== '' && <span className="muted"> with {visible(run.tool)}</span>}
        {run.message !== '' && <p className="muted run-message">{visible(run.message)}</p>}
        {Object.keys(run.settings).length > 0 && <details><summary className="faint">Parameters</summary><pre className="mono" tabIndex={0}>{JSON.stringify(run.settings, null, 2)}</pre></details>}
      </th>
      <td data-name="State"><Badge tone={tone} title={title}>{text}</Badge></td>
      <td data-name="Uses"><Pinned run={run} of={of} /></td>
      <td data-name="Started"><Time at={run.startedAt} /></td>
      <td data-name="Finished">{run.endedAt === null ? <span className="muted">{run.state === 'running' ? <>last heard of <Time at={run.beatAt} /></> : '–'}</span> : <Time at={run.endedAt} />}</td>
      <td data-name="By"><MemberName id={run.by} /></td>
    </tr>
  )
}

/** What it read and what it made, by the hash of all content: the link may have moved on, the hash has not. */
function Pinned({ run: { inputs, output }, of }: { run: RunItem, of: DatasetRef }) {
  const name = `${of.ns}/${of.name}`
  const shown = [...inputs.map(pin => ({ ...pin, isOutput: false })), ...output === null ? [] : [{ ...output, isOutput: true }]]
  return (
    <ul className="plain pins">
      {shown.map(({ dataset, number, version, tree, isOutput }) => (
        <li key={`${version} ${isOutput}`}>
          {isOutput && <span className="muted">→ </span>}
          <Link href={placeOfRef(`${dataset}@${version}`) ?? '/'}>{dataset === name ? number : `${dataset}@${number}`}</Link> <span className="mono faint" title={tree}>{shortHash(tree)}</span><CopyButton text={tree} what="the content hash" />
        </li>
      ))}
    </ul>
  )
}
