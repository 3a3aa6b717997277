import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { Activity } from './activity.tsx'
import { Logo } from './logo.tsx'
import { LostLine, NodeLine, NodeStatus } from './node-status.tsx'
import { HOME, datasetsPlace } from './places.ts'
import { Shortcuts, useKey } from './shortcuts.tsx'
import { ThemeButton } from './theme.tsx'

/** What stands around every page. */
export function Shell({ children }: { children: ReactNode }) {
  const [location, navigate] = useLocation()
  const home = location === HOME
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
        <nav aria-label="Places"><Link href={HOME} className="place" aria-current={home ? 'page' : undefined}>Datasets</Link></nav>
        <div className="top-end"><Activity /><NodeStatus /><ThemeButton /></div>
      </header>
      <LostLine />
      <main id="main" tabIndex={-1}>{children}</main>
      <footer className="bottom"><NodeLine /><span className="bottom-links"><Shortcuts /><a href="/docs">HTTP API</a></span></footer>
    </>
  )
}
