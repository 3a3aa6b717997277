import { ARCHIVES, archiveAt } from '../api/addresses.ts'
import type { VersionRef } from '../api/types.ts'
import { Disclosure } from './disclosure.tsx'
import { Icon } from './icon.tsx'
import { visible } from './visible.ts'

const NAMES = { zip: 'Zip', 'tar.gz': 'Tar, compressed', tar: 'Tar' } as const

/** A version, or the folder of it that is open, as one file. */
export function Downloads({ version, folder }: { version: VersionRef, folder: string }) {
  return (
    <Disclosure button={<><Icon name="download" />Download<Icon name="down" /></>}>
      {close => (
        <div className="choices">
          <Archives version={version} prefix="" title="Everything" close={close} />
          {folder !== '' && <Archives version={version} prefix={folder} title={`Only ${visible(folder)}/`} close={close} />}
        </div>
      )}
    </Disclosure>
  )
}

function Archives({ version, prefix, title, close }: { version: VersionRef, prefix: string, title: string, close: () => void }) {
  return (
    <>
      <h3>{title}</h3>
      <ul className="plain">
        {ARCHIVES.map(format => <li key={format}><a className="choice-row" href={archiveAt(version, format, prefix)} download onClick={close}><span>{NAMES[format]}</span><span className="mono faint">.{format}</span></a></li>)}
      </ul>
    </>
  )
}
