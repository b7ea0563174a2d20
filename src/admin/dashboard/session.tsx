// Who is logged in: asked for when the page loads, forgotten when the API says so.

import { createContext } from 'preact'
import { useCallback, useContext, useEffect, useState } from 'preact/hooks'
import { send, whenLoggedOut, type Failure } from './api/client.ts'
import type { Session } from './api/types.ts'

export type SessionState =
  | { readonly is: 'unknown' }
  /** `ended` = there was a session before. */
  | { readonly is: 'out'; readonly ended: boolean }
  | { readonly is: 'in'; readonly session: Session }
  | { readonly is: 'unreachable'; readonly failure: Failure }

export interface SessionControl {
  readonly state: SessionState
  readonly logIn: (token: string) => Promise<Failure | undefined>
  readonly logOut: () => Promise<void>
  readonly retry: () => void
}

const SessionContext = createContext<Session | undefined>(undefined)
export const SessionProvider = SessionContext.Provider

/** Whether the one who is logged in may change things. */
export function useMayOperate(): boolean {
  return useContext(SessionContext)?.role === 'operate'
}

/** The session's state and the ways to change it; for the root of the page. */
export function useSession(): SessionControl {
  const [state, setState] = useState<SessionState>({ is: 'unknown' })

  const ask = useCallback(async () => {
    const result = await send<Session | undefined>('/session', {})
    if (result.ok) setState(result.value ? { is: 'in', session: result.value } : { is: 'out', ended: false })
    else setState({ is: 'unreachable', failure: result.failure })
  }, [])

  useEffect(() => {
    whenLoggedOut(() => setState((before) => (before.is === 'in' ? { is: 'out', ended: true } : before)))
    void ask()
  }, [ask])

  return {
    state,
    retry: () => void ask(),
    async logIn(token) {
      const result = await send<Session>('/login', { method: 'POST', body: { token } })
      if (!result.ok) return result.failure
      setState({ is: 'in', session: result.value })
      return undefined
    },
    async logOut() {
      // The pages go first: what they still read would be refused.
      setState({ is: 'unknown' })
      const result = await send('/logout', { method: 'POST' })
      setState(result.ok ? { is: 'out', ended: false } : { is: 'unreachable', failure: result.failure })
    },
  }
}
