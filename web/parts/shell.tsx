import { useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { Activity } from './activity.tsx'
import { Logo } from './logo.tsx'
import { LostLine, NodeLine, NodeStatus } from './node-status.tsx'
import { uploadSummary, watchUploads } from '../api/uploads.ts'
import { Icon, type IconName } from './icon.tsx'
import { later } from './later.tsx'
import { ACTIVITY, HOME, SETTINGS, TEAM, datasetsPlace } from './places.ts'
import { MODIFIER, Shortcuts, isPlain, isTyping, useKey } from './shortcuts.tsx'
import { ThemeButton } from './theme.tsx'
import { Toasts } from './toasts.tsx'

const Palette = later(() => import('./palette.tsx'), null)
const UploadPanel = later(() => import('./upload-panel.tsx'), null)

const PLACES: readonly { readonly text: string, readonly icon: IconName, readonly to: string, readonly key: string }[] = [
  { text: 'Datasets', icon: 'layers', to: HOME, key: 'd' },
  { text: 'Team', icon: 'team', to: TEAM, key: 't' },
  { text: 'Activity', icon: 'pulse', to: ACTIVITY, key: 'a' },
  { text: 'Settings', icon: 'settings', to: SETTINGS, key: 's' }
]
/** The second key of `g d` and the like comes within. Milliseconds. */
const SECOND_WITHIN_MS = 1500

const isAt = (location: string, to: string): boolean => to === HOME ? location === HOME || location.startsWith('/datasets/') : location.startsWith(to)

/** `g`, then the letter of a place. */
function usePlaceKeys(navigate: (to: string) => void): void {
  const since = useRef(0)
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      if (!isPlain(event) || isTyping(event.target) || document.querySelector('dialog[open]') !== null) return
      const place = PLACES.find(({ key }) => key === event.key)
      if (event.key === 'g') since.current = event.timeStamp
      else {
        if (place !== undefined && event.timeStamp - since.current < SECOND_WITHIN_MS) {
          // The same letters mean other things by themselves.
          event.stopImmediatePropagation()
          event.preventDefault()
          navigate(place.to)
        }
        since.current = -SECOND_WITHIN_MS
      }
    }
    document.addEventListener('keydown', listener, { capture: true })
    return () => document.removeEventListener('keydown', listener, { capture: true })
  }, [navigate])
}

function Uploads() {
  const { count } = useSyncExternalStore(watchUploads, uploadSummary)
  return count === 0 ? null : <UploadPanel />
}

/** What stands around every page. */
export function Shell({ children }: { children: ReactNode }) {
  const [location, navigate] = useLocation()
  const [palette, setPalette] = useState(false)
  useEffect(() => {
    const open = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      event.preventDefault()
      setPalette(true)
    }
    document.addEventListener('keydown', open)
    return () => document.removeEventListener('keydown', open)
  }, [])
  useKey('n', () => navigate(datasetsPlace({ create: 'true' })))
  usePlaceKeys(navigate)
  useKey('/', event => {
    event.preventDefault()
    const search = document.querySelector<HTMLInputElement>('#search')
    if (search === null) navigate(datasetsPlace(), { state: { search: true } })
    else search.focus()
  })
  return (
    <>
      <a className="skip" href="#main">Go to the content</a>
      <header className="top">
        <Link href={HOME} className="brand" aria-label="Shoal: all datasets"><Logo /><span>Shoal</span></Link>
        <nav aria-label="Places">{PLACES.map(({ text, icon, to }) => <Link key={to} href={to} className="place" aria-current={isAt(location, to) ? 'page' : undefined}><Icon name={icon} size={18} /><span>{text}</span></Link>)}</nav>
        <div className="top-end"><button type="button" className="button is-quiet go-to" onClick={() => setPalette(true)} aria-label={`Go to anything: ${MODIFIER} K`} title="Go to anything"><Icon name="search" /><kbd aria-hidden="true">{MODIFIER} K</kbd></button><Activity /><NodeStatus /><ThemeButton /></div>
      </header>
      <LostLine />
      <main id="main" tabIndex={-1}>{children}</main>
      <Uploads />
      <Toasts />
      {palette && <Palette close={() => setPalette(false)} />}
      <footer className="bottom"><NodeLine /><span className="bottom-links"><Shortcuts /><a href="/docs">HTTP API</a></span></footer>
    </>
  )
}
