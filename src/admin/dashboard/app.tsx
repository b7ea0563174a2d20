// The frame around every page: who is logged in, where one can go, looking up a reference, and the page of the path.

import type { ComponentChild } from 'preact'
import { useEffect, useErrorBoundary, useLayoutEffect, useRef } from 'preact/hooks'
import type { HubStatus, Session } from './api/types.ts'
import { useResource } from './api/use-resource.ts'
import { CapturePage } from './pages/capture.tsx'
import { Captures } from './pages/captures.tsx'
import { Codes } from './pages/codes.tsx'
import { Correlation } from './pages/correlation.tsx'
import { Errors } from './pages/errors.tsx'
import { HubPage } from './pages/hub.tsx'
import { Login } from './pages/login.tsx'
import { Overview } from './pages/overview.tsx'
import { Parties } from './pages/parties.tsx'
import { PlatformPage } from './pages/platform.tsx'
import { Routes } from './pages/routes.tsx'
import { Empty, Failed } from './parts/states.tsx'
import { LookUp } from './parts/look-up.tsx'
import { decoded, followLinks, usePlace, type Place } from './router.ts'
import { SessionProvider, useSession } from './session.tsx'

const SECTIONS = [
  { path: '/', name: 'Overview' },
  { path: '/errors', name: 'Errors' },
  { path: '/parties', name: 'Parties' },
  { path: '/routes', name: 'Routes' },
  { path: '/codes', name: 'Codes' },
  { path: '/captures', name: 'Captures' },
  { path: '/hub', name: 'Hub' },
] as const

const STATUS_EVERY_MS = 10_000

export function App() {
  const { state, logIn, logOut, retry } = useSession()
  useEffect(() => followLinks(isPage), [])
  switch (state.is) {
    case 'unknown':
      return (
        <p class="starting" role="status">
          Asking the hub …
        </p>
      )
    case 'unreachable':
      return (
        <main class="login" id="main">
          <Failed failure={state.failure} onRetry={retry} />
        </main>
      )
    case 'out':
      return <Login ended={state.ended} logIn={logIn} />
    case 'in':
      return (
        <SessionProvider value={state.session}>
          <Frame session={state.session} onLogOut={() => void logOut()} />
        </SessionProvider>
      )
  }
}

function isPage(path: string): boolean {
  return (
    SECTIONS.some((section) => section.path === path) || /^\/(correlations|parties|captures)\//.test(path)
  )
}

function pageOf(place: Place): { title: string; section?: string; page: ComponentChild } {
  const { path } = place
  if (path === '/') return { title: 'Overview', section: '/', page: <Overview /> }
  if (path === '/errors') return { title: 'Errors', section: '/errors', page: <Errors place={place} /> }
  if (path === '/parties') return { title: 'Parties', section: '/parties', page: <Parties place={place} /> }
  if (path === '/routes') return { title: 'Routes', section: '/routes', page: <Routes place={place} /> }
  if (path === '/codes') return { title: 'Codes', section: '/codes', page: <Codes place={place} /> }
  if (path === '/captures') {
    return { title: 'Captures', section: '/captures', page: <Captures place={place} /> }
  }
  if (path === '/hub') return { title: 'Hub', section: '/hub', page: <HubPage place={place} /> }
  const [, folder, name = ''] = /^\/(correlations|parties|captures)\/(.+)$/.exec(path) ?? []
  const id = decoded(name)
  if (folder === 'correlations')
    return {
      title: 'Exchange',
      section: '/errors',
      page: <Correlation key={id} id={id} reference={place.hash} />,
    }
  if (folder === 'captures') {
    return { title: 'Capture', section: '/captures', page: <CapturePage key={id} id={id} /> }
  }
  if (folder === 'parties') return { title: id, section: '/parties', page: <PlatformPage key={id} id={id} /> }
  return { title: 'Not found', page: <NoPage /> }
}

function NoPage() {
  return (
    <div class="stack">
      <h1>Not found</h1>
      <Empty title="There is no such page.">
        <p>
          The pages there are stand above; <a href="/">the overview</a> is where to begin.
        </p>
      </Empty>
    </div>
  )
}

function Frame({ session, onLogOut }: { session: Session; onLogOut: () => void }) {
  const place = usePlace()
  const main = useRef<HTMLElement>(null)
  const { title, section, page } = pageOf(place)
  const first = useRef(true)

  // With the page, not a moment after it: nobody hears of a new page under the name of the old one.
  useLayoutEffect(() => {
    document.title = `${title} · ocpi-hub`
    // After a move the keyboard and the screen reader start at the new page, not at a link that is gone.
    if (!first.current) main.current?.focus({ preventScroll: true })
    first.current = false
  }, [place.path, title])

  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href="/">
          ocpi-hub
        </a>
        <nav aria-label="Pages">
          {SECTIONS.map(({ path, name }) => (
            <a key={path} href={path} aria-current={section === path ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <LookUp />
        <HubState />
        <div class="who">
          <span title={`Role: ${session.role}`}>
            {session.name}
            {session.role === 'read' && <span class="quiet"> (may only read)</span>}
          </span>
          <button type="button" onClick={onLogOut}>
            Log out
          </button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Drawn key={place.path}>{page}</Drawn>
      </main>
    </>
  )
}

/** The page, or what to do where it cannot make anything of what a hub of another build answers. */
function Drawn({ children }: { children: ComponentChild }) {
  const [error] = useErrorBoundary((cause: unknown) => console.error(cause))
  if (error === undefined) return children
  return (
    <div class="failed" role="alert">
      <p>
        This page cannot show what the hub answers. The hub may have been replaced by another build since you
        loaded the dashboard: load it again.
      </p>
      <button type="button" onClick={() => location.reload()}>
        Load again
      </button>
    </div>
  )
}

/** One word on the hub itself, on every page, while it is not well. */
function HubState() {
  const { data, failure } = useResource<HubStatus>('/status', { everyMs: STATUS_EVERY_MS })
  const word = failure ? 'hub does not answer' : data && wordOn(data)
  return (
    <span role="status">
      {word && (
        <a class="hub-state bad" href="/hub">
          {word}
        </a>
      )}
    </span>
  )
}

function wordOn({ draining, registry }: HubStatus): string | undefined {
  if (registry.alarm) return 'registry has shrunk'
  if (!registry.up) return 'registry not reachable'
  return draining ? 'draining' : undefined
}
