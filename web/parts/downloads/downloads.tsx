import type { VersionDetails, VersionRef } from '../../api/types.ts'
import { Icon } from '../icon.tsx'
import { later } from '../later.tsx'
import { useQueryState } from '../query-state.ts'

const DownloadDialog = later(() => import('./download-dialog.tsx'), null)

/** K4: a version, or a part of it, onto this machine. @property folder that is open */
export function Downloads({ version, at, folder }: { version: VersionDetails, at: VersionRef, folder: string }) {
  const [params, change] = useQueryState()
  return (
    <>
      <button type="button" className="button" onClick={() => change({ download: 'true' })}><Icon name="download" />Download</button>
      {params.get('download') === 'true' && <DownloadDialog version={version} at={at} folder={folder} close={() => change({ download: undefined }, { replace: true })} />}
    </>
  )
}
