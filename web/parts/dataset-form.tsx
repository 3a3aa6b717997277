import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { membersQuery } from '../api/queries.ts'
import type { CreateDatasetBody, Dataset, EditDatasetBody } from '../api/types.ts'
import { CheckField, FormDialog, SelectField, TextField } from './form.tsx'
import { LICENCES, licenceLabel } from './licences.ts'
import { MemberChoices } from './member-choices.tsx'
import { wordsOf } from './tag-editor.tsx'

/** K1 and K3: the fields of a dataset, to create it and to change it. */

export const TYPES = ['tabular', 'image', 'text', 'audio', 'video', 'time-series', 'others'] as const
const TASKS = ['classification', 'regression', 'detection', 'segmentation', 'forecasting', 'others'] as const
const FORMATS = ['csv', 'json', 'parquet', 'tfrecord', 'others'] as const
const STATUSES = ['uploading', 'processing', 'ready', 'failed'] as const

const FIELDS = ['namespace', 'name', 'version', 'displayName', 'description', 'type', 'task', 'format', 'status', 'tags', 'license', 'scenario', 'publicAccess', 'strictTypes', 'registry']

const FRESH = {
  namespace: '', name: '', version: '1.0.0', displayName: '', description: '', type: 'tabular', task: 'classification', format: 'csv', status: 'uploading',
  tags: '', license: 'MIT', scenario: '', publicAccess: true, strictTypes: false, registry: [] as readonly string[]
}

interface FormState extends Readonly<typeof FRESH> {}

/** @property namespace where the new dataset most likely belongs */
export function CreateDatasetDialog({ namespace, close, create }: { namespace: string, close: () => void, create: (body: CreateDatasetBody) => Promise<unknown> }) {
  const [state, setState] = useState<FormState>({ ...FRESH, namespace })
  const set = <Name extends keyof FormState>(name: Name) => (value: FormState[Name]): void => setState({ ...state, [name]: value })
  const submit = (): Promise<unknown> => create({ ...state, namespace: state.namespace.trim(), name: state.name.trim(), tags: wordsOf(state.tags) })
  return (
    <FormDialog title="Create a dataset" action="Create" size="wide" close={close} submit={submit} fields={FIELDS}>
      {errors => (
        <>
          <div className="form-row is-name">
            <TextField label="Namespace" isNeeded hint="A team or topic, e.g. vision" error={errors.get('namespace')} value={state.namespace} change={set('namespace')} placeholder="vision" />
            <TextField label="Name" isNeeded hint="e.g. imagenet-1k" error={errors.get('name')} value={state.name} change={set('name')} placeholder="imagenet-1k" />
            <TextField label="Version" isNeeded hint="Three numbers: major.minor.patch" error={errors.get('version')} value={state.version} change={set('version')} placeholder="1.0.0" />
          </div>
          <TextField label="Description" isNeeded error={errors.get('description')} value={state.description} change={set('description')} lines={3} placeholder="What is in it, where it comes from, what it is good for" />
          <div className="form-row is-four">
            <SelectField label="Type" isNeeded error={errors.get('type')} value={state.type} change={set('type')} choices={TYPES} />
            <SelectField label="Task" isNeeded error={errors.get('task')} value={state.task} change={set('task')} choices={TASKS} />
            <SelectField label="Format" isNeeded error={errors.get('format')} value={state.format} change={set('format')} choices={FORMATS} />
            <SelectField label="Status" isNeeded error={errors.get('status')} value={state.status} change={set('status')} choices={STATUSES} />
          </div>
          <div className="form-row">
            <TextField label="Licence" isNeeded hint="One of the list, or any SPDX identifier" error={errors.get('license')} value={state.license} change={set('license')} suggestions={LICENCES} />
            <TextField label="Tags" hint="Words with commas between them" error={errors.get('tags')} value={state.tags} change={set('tags')} placeholder="animals, eval" />
          </div>
          <CheckField label="Public access" hint="Visible to every member of the workspace. Off: only to you and those it is shared with." value={state.publicAccess} change={set('publicAccess')} />
          <details className="form-more">
            <summary>More: display name, scenario, strict types, who must keep a copy</summary>
            <div className="form-fields">
              <div className="form-row">
                <TextField label="Display name" hint="Shown in place of the name" error={errors.get('displayName')} value={state.displayName} change={set('displayName')} />
                <TextField label="Scenario" hint="What it is used for" error={errors.get('scenario')} value={state.scenario} change={set('scenario')} />
              </div>
              <CheckField label="Strict types" hint="Files of another type than the dataset’s are left out, and reported." value={state.strictTypes} change={set('strictTypes')} />
              <MemberChoices label="Must be kept by" chosen={state.registry} change={set('registry')} />
            </div>
          </details>
        </>
      )}
    </FormDialog>
  )
}

export function EditDatasetDialog({ dataset, close, save }: { dataset: Dataset, close: () => void, save: (body: EditDatasetBody) => Promise<unknown> }) {
  const [state, setState] = useState({
    displayName: dataset.displayName, description: dataset.description, tags: dataset.tags.join(', '), license: licenceLabel(dataset.license), scenario: dataset.scenario,
    status: dataset.status, publicAccess: dataset.publicAccess, strictTypes: dataset.strictTypes, registry: dataset.registry
  })
  const { data: members } = useQuery(membersQuery())
  const set = <Name extends keyof typeof state>(name: Name) => (value: typeof state[Name]): void => setState({ ...state, [name]: value })
  return (
    <FormDialog title={`Edit ${dataset.ref}`} action="Save" size="wide" close={close} submit={() => save({ ...state, tags: wordsOf(state.tags) })} fields={FIELDS}>
      {errors => (
        <>
          <TextField label="Description" error={errors.get('description')} value={state.description} change={set('description')} lines={4} />
          <div className="form-row">
            <TextField label="Licence" hint="One of the list, or any SPDX identifier" error={errors.get('license')} value={state.license} change={set('license')} suggestions={LICENCES} />
            <TextField label="Tags" hint="Words with commas between them" error={errors.get('tags')} value={state.tags} change={set('tags')} />
          </div>
          <div className="form-row is-three">
            <TextField label="Display name" error={errors.get('displayName')} value={state.displayName} change={set('displayName')} />
            <TextField label="Scenario" error={errors.get('scenario')} value={state.scenario} change={set('scenario')} />
            <SelectField label="Status" error={errors.get('status')} value={state.status} change={set('status')} choices={STATUSES} />
          </div>
          <CheckField label="Public access" hint="Visible to every member of the workspace." value={state.publicAccess} change={set('publicAccess')} />
          <CheckField label="Strict types" hint="Files of another type than the dataset’s are left out, and reported." value={state.strictTypes} change={set('strictTypes')} />
          {(members?.size ?? 0) > 1 && <MemberChoices label="Must be kept by" chosen={state.registry} change={set('registry')} />}
          <p className="fixed-fields muted">Name, version, type and format stay as they were created: references, signed records and previews rely on them.</p>
        </>
      )}
    </FormDialog>
  )
}
