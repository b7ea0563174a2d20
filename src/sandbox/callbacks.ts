// The calls a sandbox party makes to the hub: results of commands, after a while, and signs of life. They go to
// the hub only, never follow a redirect, are never repeated (R92), and end with the sandbox.

import { setMaxListeners } from 'node:events'
import { writeAuthorization } from '../ocpi/token.ts'

export interface Call {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** What the calling party shows the hub. */
  readonly token: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Callbacks {
  /** Whether `url` may be called: an http(s) URL, of the hub's own origin when that is known. */
  mayCall(url: string): boolean
  /** Makes the calls, each after its own time in milliseconds. Gives false, and makes none, when too many wait or all is over. */
  schedule(calls: readonly { readonly call: Call; readonly afterMs: number }[]): boolean
  /** Makes a call every `everyMs` milliseconds. */
  repeat(call: Call, everyMs: number): void
  close(): void
}

const WAITING_MAX = 1000
const TIMEOUT_MS = 10_000

/** `hubVersionsUrl` is the hub's versions URL as the hub itself writes it, or `undefined` when there is no hub yet. */
export function createCallbacks(hubVersionsUrl: string | undefined): Callbacks {
  const hubOrigin = hubVersionsUrl === undefined ? undefined : new URL(hubVersionsUrl).origin
  const waiting = new Set<NodeJS.Timeout>()
  const repeating: NodeJS.Timeout[] = []
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  return {
    mayCall(url) {
      if (!URL.canParse(url)) return false
      const { origin, protocol } = new URL(url)
      return hubOrigin === undefined ? protocol === 'http:' || protocol === 'https:' : origin === hubOrigin
    },
    schedule(calls) {
      if (ending.signal.aborted || waiting.size + calls.length > WAITING_MAX) return false
      for (const { call, afterMs } of calls) {
        const timer = setTimeout(() => {
          waiting.delete(timer)
          void makeCall(call, ending.signal)
        }, afterMs)
        waiting.add(timer)
      }
      return true
    },
    repeat(call, everyMs) {
      repeating.push(setInterval(() => void makeCall(call, ending.signal), everyMs).unref())
    },
    close() {
      for (const timer of waiting) clearTimeout(timer)
      for (const timer of repeating) clearInterval(timer)
      waiting.clear()
      ending.abort()
    },
  }
}

// What comes of a call is seen at the hub and at the party it is for; here nobody waits for it.
async function makeCall(call: Call, ending: AbortSignal): Promise<void> {
  const { method, url, token, headers, body } = call
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.any([ending, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {
        ...headers,
        authorization: writeAuthorization(token, 'base64'),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    await response.body?.cancel()
  } catch {
    // The hub is away or has said no: a real party would log it, and OCPI has no second try.
  }
}
