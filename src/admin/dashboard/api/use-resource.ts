// Reading from the API inside a page: loads, keeps the last good answer while it loads again, refreshes while the
// page is seen, and gives up what nobody waits for.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { call, type Failure } from './client.ts'

export interface Resource<Value> {
  readonly data?: Value
  /** Entity tag of `data`. */
  readonly etag?: string
  /** When `data` was read, milliseconds since the epoch. */
  readonly readAt?: number
  /** Of the latest attempt; `data` is then what was read before, if anything was. */
  readonly failure?: Failure
  readonly loading: boolean
  readonly reload: () => void
}

interface State<Value> {
  readonly path: string | undefined
  readonly data?: Value
  /** What `data` was read from. */
  readonly dataPath?: string
  readonly readAt?: number
  readonly etag?: string
  readonly failure?: Failure
  readonly loading: boolean
}

export interface ResourceOptions {
  /** Milliseconds between two readings; absent = only once. */
  readonly everyMs?: number
  /** Shows the answer of the path before while another one loads; not when that fails. */
  readonly keep?: boolean
}

/** Until what failed on the hub's side is tried again. */
const RETRY_MS = 5_000

/** Reads `/api/v1<path>`; `undefined` reads nothing. */
export function useResource<Value>(
  path: string | undefined,
  { everyMs, keep = false }: ResourceOptions = {},
): Resource<Value> {
  const [state, setState] = useState<State<Value>>({ path, loading: path !== undefined })
  const [turn, setTurn] = useState(0)
  const reload = useCallback(() => setTurn((before) => before + 1), [])
  const underWay = useRef(false)

  useEffect(() => {
    if (path === undefined) return
    const abort = new AbortController()
    underWay.current = true
    setState((before) =>
      before.path === path || keep ? { ...before, path, loading: true } : { path, loading: true },
    )
    call<Value>(path, { signal: abort.signal }).then(
      (result) => {
        if (abort.signal.aborted) return
        underWay.current = false
        if (result.ok) {
          const { value: data, etag } = result
          const tag = etag === undefined ? {} : { etag }
          setState({ path, data, dataPath: path, readAt: Date.now(), ...tag, loading: false })
        }
        if (!result.ok) setState((before) => ({ ...before, failure: result.failure, loading: false }))
      },
      () => {},
    )
    return () => {
      underWay.current = false
      abort.abort()
    }
  }, [path, turn, keep])

  // What the hub cannot give now it may give soon; what it refuses it will refuse again.
  const { status } = state.failure ?? {}
  useEffect(() => {
    if (state.loading || status === undefined || (status !== 0 && status < 500)) return
    const timer = setTimeout(reload, RETRY_MS)
    return () => clearTimeout(timer)
  }, [state, reload])

  useEffect(() => {
    if (everyMs === undefined || path === undefined) return
    const timer = setInterval(() => {
      // One that is begun anew each time never finds out that nobody answers.
      if (!document.hidden && !underWay.current) reload()
    }, everyMs)
    const onShow = (): void => {
      if (!document.hidden) reload()
    }
    document.addEventListener('visibilitychange', onShow)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onShow)
    }
  }, [everyMs, path, reload])

  const current = state.path === path || keep
  // What was read of another path would be taken for what this one has.
  const shown = current && (state.failure === undefined || state.dataPath === path)
  return {
    ...(shown && state.data !== undefined ? { data: state.data } : {}),
    ...(shown && state.etag !== undefined ? { etag: state.etag } : {}),
    ...(shown && state.readAt !== undefined ? { readAt: state.readAt } : {}),
    ...(current && state.failure ? { failure: state.failure } : {}),
    loading: path !== undefined && (state.loading || state.path !== path),
    reload,
  }
}
