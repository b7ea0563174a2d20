// Where the reader is: path and query of the address bar, and moving between pages without loading anew. Filters
// live in the query, so that a view can be mailed.

import { useLayoutEffect, useState } from 'preact/hooks'

export interface Place {
  readonly path: string
  readonly query: URLSearchParams
  /** Without `#`. */
  readonly hash: string
}

const MOVED = 'ocpi-hub:moved'

/** The place, kept current. */
export function usePlace(): Place {
  const [place, setPlace] = useState(readPlace)
  // Before anything can be clicked: a move that nobody hears of would leave the old page.
  useLayoutEffect(() => {
    const onMove = (): void => setPlace(readPlace())
    addEventListener('popstate', onMove)
    addEventListener(MOVED, onMove)
    return () => {
      removeEventListener('popstate', onMove)
      removeEventListener(MOVED, onMove)
    }
  }, [])
  return place
}

/** Goes to a path of this page. `replace` leaves no step back, for filters that are being typed. */
export function goTo(url: string, { replace = false }: { replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, '', url)
  else history.pushState(null, '', url)
  dispatchEvent(new Event(MOVED))
}

/** Follows plain clicks on links to the dashboard's own pages; others are the browser's. Gives the way to stop. */
export function followLinks(isPage: (path: string) => boolean): () => void {
  const onClick = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (!link || link.target !== '' || link.hasAttribute('download')) return
    if (link.origin !== location.origin || !isPage(link.pathname)) return
    event.preventDefault()
    const before = location.pathname
    goTo(link.href)
    if (link.pathname !== before) scrollTo(0, 0)
  }
  document.addEventListener('click', onClick)
  return () => document.removeEventListener('click', onClick)
}

/** The query with some values changed; empty ones are left out. */
export function changedQuery(
  query: URLSearchParams,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const next = new URLSearchParams(query)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name)
    else next.set(name, value)
  }
  const text = next.toString()
  return text === '' ? '' : `?${text}`
}

/**
 * Changes values of the query of the page that is open, without a step back. Reads the address itself: what a control
 * was given when it was drawn may be old by the time it is used.
 */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const query = changedQuery(new URLSearchParams(location.search), changes)
  goTo(location.pathname + query, { replace: true })
}

function readPlace(): Place {
  return {
    // A slash too many is none of the address.
    path: location.pathname.replace(/(?<=.)\/+$/, ''),
    query: new URLSearchParams(location.search),
    hash: decoded(location.hash.slice(1)),
  }
}

/** Text of a part of a URL; what is not well encoded stays as it is. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
