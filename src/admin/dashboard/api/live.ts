// New journal entries as they come, by server-sent events. The stream is closed while nobody looks: browsers open
// only six connections to a host.

import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import type { JournalEntry } from './types.ts'

/** off = not wanted; waiting = connecting or again connecting; open; failed = refused, and asked for again soon. */
export type LiveState = 'off' | 'waiting' | 'open' | 'failed'

const KEPT_MAX = 200
/** New entries are shown together, so that a storm of them does not hold up the page. Milliseconds. */
const TOGETHER_MS = 250
/** Until a stream that was refused is asked for again: browsers do that only where no answer came at all. */
const AGAIN_MS = 5_000

export interface Live {
  readonly state: LiveState
  /** Newest first, at most 200. */
  readonly entries: readonly JournalEntry[]
}

/** Entries since the page asked for `query` (the text behind `?` of the stream's URL). */
export function useLive(query: string, wanted: boolean): Live {
  const [entries, setEntries] = useState<readonly JournalEntry[]>([])
  const [state, setState] = useState<LiveState>('off')
  const [turn, setTurn] = useState(0)
  const shown = useShown()

  // Before anything is painted: what was told of another query is none of this one.
  useLayoutEffect(() => setEntries([]), [query, wanted])
  useEffect(() => {
    if (!wanted || !shown) return setState('off')
    setState('waiting')
    const source = new EventSource(`/api/v1/errors/stream${query}`)
    let waiting: JournalEntry[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    let again: ReturnType<typeof setTimeout> | undefined
    source.addEventListener('open', () => setState('open'))
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) return setState('waiting')
      setState('failed')
      again = setTimeout(() => setTurn((before) => before + 1), AGAIN_MS)
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
      clearTimeout(again)
    }
  }, [query, wanted, shown, turn])

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
