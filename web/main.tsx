import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode, useEffect, useRef } from 'react'
import { createRoot } from 'react-dom/client'
import { Route, Switch, useLocation } from 'wouter'
import { ProblemError } from './api/fetch.ts'
import { followEvents } from './api/live.ts'
import { Boundary } from './parts/boundary.tsx'
import { later } from './parts/later.tsx'
import { ACTIVITY, SETTINGS, TEAM } from './parts/places.ts'
import { Shell } from './parts/shell.tsx'
import { Skeleton } from './parts/states.tsx'
import './style/tokens.css'
import './style/base.css'
import './style/shell.css'
import './style/parts.css'
import './style/datasets.css'
import './style/version.css'
import './style/preview.css'
import './style/places.css'
import './style/team.css'

/** The page of a node. */

const waiting = <Skeleton rows={8} />
const Datasets = later(() => import('./pages/datasets.tsx'), waiting)
const Dataset = later(() => import('./pages/dataset.tsx'), waiting)
const Version = later(() => import('./pages/version.tsx'), waiting)
const Team = later(() => import('./pages/team.tsx'), waiting)
const ActivityPage = later(() => import('./pages/activity.tsx'), waiting)
const Settings = later(() => import('./pages/settings.tsx'), waiting)
const NotFound = later(() => import('./pages/not-found.tsx'), waiting)

/** Another try helps where the node was just starting, not where it said no. */
const RETRIES = 2

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events tell what changed; this is for what they might have missed. Milliseconds.
      staleTime: 60_000,
      // The node is on this machine: it is there without any network.
      networkMode: 'always',
      retry: (count, error) => count < RETRIES && !(error instanceof ProblemError && error.status >= 400 && error.status < 500)
    }
  }
})

function Page() {
  const [location] = useLocation()
  useFreshStart(location)
  return (
    <Shell>
      <Boundary at={location}>
        <Switch>
          <Route path="/"><Datasets /></Route>
          <Route path="/datasets/:ns/:name">{({ ns, name }) => <Dataset key={`${ns}/${name}`} ns={decode(ns)} name={decode(name)} />}</Route>
          <Route path="/datasets/:ns/:name/versions/:version">{({ ns, name, version }) => <Version key={`${ns}/${name}`} ns={decode(ns)} name={decode(name)} version={decode(version)} />}</Route>
          <Route path={TEAM}><Team /></Route>
          <Route path={ACTIVITY}><ActivityPage /></Route>
          <Route path={SETTINGS}><Settings /></Route>
          <Route><NotFound /></Route>
        </Switch>
      </Boundary>
    </Shell>
  )
}

/** A new place begins at its top, with the keyboard there too. */
function useFreshStart(location: string): void {
  const before = useRef(location)
  useEffect(() => {
    if (before.current === location) return
    before.current = location
    window.scrollTo(0, 0)
    document.querySelector<HTMLElement>('#main')?.focus({ preventScroll: true })
  }, [location])
}

/** The router leaves reserved characters as they were sent. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

followEvents(client)

const root = document.querySelector('#page')
if (root !== null) createRoot(root).render(<StrictMode><QueryClientProvider client={client}><Page /></QueryClientProvider></StrictMode>)
