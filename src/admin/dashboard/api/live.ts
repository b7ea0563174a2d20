// New journal entries as they come, by server-sent events. The stream is closed while nobody looks: browsers open
// only six connections to a host.

import { useEffect, useState } from 'preact/hooks'
import type { JournalEntry } from './types.ts'

/** off = not wanted; waiting = connecting or again connecting; open; failed = refused, see the list's own error. */
export type LiveState = 'off' | 'waiting' | 'open' | 'failed'

const KEPT_MAX = 200
/** New entries are shown together, so that a storm of them does not hold up the page. Milliseconds. */
const TOGETHER_MS = 250

export interface Live {
  readonly state: LiveState
  /** Newest first, at most 200. */
  readonly entries: readonly JournalEntry[]
}

/** Entries since the page asked for `query` (the text behind `?` of the stream's URL). */
export function useLive(query: string, wanted: boolean): Live {
  const [entries, setEntries] = useState<readonly JournalEntry[]>([])
  const [state, setState] = useState<LiveState>('off')
  const shown = useShown()

  useEffect(() => setEntries([]), [query, wanted])
  useEffect(() => {
    if (!wanted || !shown) return setState('off')
    setState('waiting')
    const source = new EventSource(`/api/v1/errors/stream${query}`)
    let waiting: JournalEntry[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    source.addEventListener('open', () => setState('open'))
    source.addEventListener('error', () => {
      setState(source.readyState === EventSource.CLOSED ? 'failed' : 'waiting')
    })
    source.addEventListener('entry', (event) => {
      waiting.unshift(JSON.parse(event.data as string) as JournalEntry)
      timer ??= setTimeout(() => {
        const fresh = waiting
        waiting = []
        timer = undefined
        setEntries((before) => [...fresh, ...before].slice(0, KEPT_MAX))
      }, TOGETHER_MS)
    })
    return () => {
      source.close()
      clearTimeout(timer)
    }
  }, [query, wanted, shown])

  return { state, entries }
}

function useShown(): boolean {
  const [shown, setShown] = useState(!document.hidden)
  useEffect(() => {
    const onChange = (): void => setShown(!document.hidden)
    document.addEventListener('visibilitychange', onChange)
    return () => document.removeEventListener('visibilitychange', onChange)
  }, [])
  return shown
}
