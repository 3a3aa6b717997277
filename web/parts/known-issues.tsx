import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { addIssue, editIssue, removeIssue } from '../api/changes.ts'
import { issuesQuery } from '../api/version-queries.ts'
import type { IssueBody, IssueItem, VersionRef } from '../api/types.ts'
import { Badge } from './badge.tsx'
import { FormDialog, ProblemNote, TextField, useAction } from './form.tsx'
import { Icon } from './icon.tsx'
import { MemberName } from './member.tsx'
import { Menu } from './menu.tsx'
import { versionPlace } from './places.ts'
import { Loaded } from './states.tsx'
import { Time } from './time.tsx'
import { notify } from './toasts.tsx'
import { visible } from './visible.ts'

/** K7: what people should know before they use a version; published ones too, because they never change. @property version by its id */
export function KnownIssues({ version }: { version: VersionRef }) {
  const client = useQueryClient()
  const query = useQuery(issuesQuery(version))
  const [open, setOpen] = useState<'add' | IssueItem>()
  const fresh = (): Promise<void> => client.invalidateQueries({ queryKey: issuesQuery(version).queryKey })
  const { run, problem } = useAction(async (issue: IssueItem, state: IssueItem['state']) => {
    await editIssue(version, issue.id, { state })
    await fresh()
    notify(state === 'closed' ? 'Resolved' : 'Open again', { action: { text: 'Undo', run: () => void editIssue(version, issue.id, { state: issue.state }).then(fresh) } })
  })
  const remove = async (issue: IssueItem): Promise<void> => {
    await removeIssue(version, issue.id)
    await fresh()
    notify('The issue was removed', { action: { text: 'Undo', run: () => void addIssue(version, { title: issue.title, detail: issue.detail, path: issue.path, state: issue.state }).then(fresh) } })
  }
  return (
    <>
      <Loaded query={query} rows={2}>
        {issues => issues.length === 0
          ? <p className="muted">None are known. Note here what others should know before they use this version: wrong labels, missing files, odd values.</p>
          : (
            <ul className="plain issue-list">
              {issues.map(issue => (
                <li key={issue.id} className={issue.state === 'closed' ? 'is-closed' : ''}>
                  <Icon name={issue.state === 'closed' ? 'check' : 'warning'} />
                  <div>
                    <p><strong>{visible(issue.title)}</strong> {issue.state === 'closed' && <Badge tone="good">resolved</Badge>}</p>
                    {issue.detail !== '' && <p className="issue-detail">{visible(issue.detail)}</p>}
                    <p className="muted">{issue.path !== '' && <><Link href={versionPlace(version, { tab: 'preview', file: issue.path })} className="mono">{visible(issue.path)}</Link> · </>}<MemberName id={issue.by} />, <Time at={issue.at} /></p>
                  </div>
                  {issue.state === 'open' && <button type="button" className="button is-small" onClick={() => void run(issue, 'closed')}>Resolve</button>}
                  <Menu
                    label={`More about ${visible(issue.title)}`} items={[
                      { text: 'Edit', icon: 'edit', run: () => setOpen(issue) }, ...issue.state === 'closed' ? [{ text: 'Open again', icon: 'retry' as const, run: () => void run(issue, 'open') }] : [], undefined,
                      { text: 'Remove', icon: 'trash', tone: 'danger', run: () => void remove(issue) }
                    ]}
                  />
                </li>
              ))}
            </ul>
          )}
      </Loaded>
      <ProblemNote problem={problem} />
      <p><button type="button" className="button" onClick={() => setOpen('add')}><Icon name="plus" />Note an issue</button></p>
      {open !== undefined && (
        <IssueDialog
          issue={open === 'add' ? undefined : open} close={() => setOpen(undefined)} save={async body => {
            await (open === 'add' ? addIssue(version, body) : editIssue(version, open.id, body))
            await fresh()
          }}
        />
      )}
    </>
  )
}

function IssueDialog({ issue, close, save }: { issue: IssueItem | undefined, close: () => void, save: (body: IssueBody) => Promise<unknown> }) {
  const [title, setTitle] = useState(issue?.title ?? '')
  const [detail, setDetail] = useState(issue?.detail ?? '')
  const [path, setPath] = useState(issue?.path ?? '')
  return (
    <FormDialog title={issue === undefined ? 'Note a known issue' : 'Edit the issue'} action="Save" close={close} submit={() => save({ title: title.trim(), detail, path: path.trim() })} fields={['title', 'detail', 'path']} disabled={title.trim() === ''}>
      {errors => (
        <>
          <TextField label="What is wrong" isNeeded error={errors.get('title')} value={title} change={setTitle} placeholder="40 pictures are labelled cat and show dogs" />
          <TextField label="More about it" error={errors.get('detail')} value={detail} change={setDetail} lines={4} />
          <TextField label="File or folder" hint="Optional: what it concerns" error={errors.get('path')} value={path} change={setPath} isMono placeholder="train/cat" />
        </>
      )}
    </FormDialog>
  )
}
