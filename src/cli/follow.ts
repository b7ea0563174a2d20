// Follows a stream of server-sent events until the user stops it. A stream that ends (the hub restarts, a proxy
// cuts it) is taken up again where it broke off; each break is told, and that it is over.

import { setTimeout as pause } from 'node:timers/promises'
import { isTokenRefusal, type AdminClient, type Query } from './admin-client.ts'
import { isFailure, type CliContext } from './context.ts'

const AGAIN_MS = 1000

export interface FollowOptions {
  readonly context: CliContext
  readonly client: AdminClient
  readonly path: string
  readonly query: Query
  /** Id of the last event that is known already. */
  readonly after?: string | undefined
  /** Called with the JSON data of every event. */
  readonly onData: (data: unknown) => void
}

/** Resolves when the user stops it; rejects when the first connection fails, or the hub refuses the token later. */
export async function follow({ context, client, path, query, after, onData }: FollowOptions): Promise<void> {
  const signal = context.stopped()
  let lastEventId = after
  let isBroken = false
  const onOpen = (): void => {
    if (isBroken) context.err(`${client.url} is back`)
    isBroken = false
  }
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      const position = lastEventId === undefined ? {} : { lastEventId }
      for await (const event of client.events(path, { query, signal, onOpen, ...position })) {
        lastEventId = event.id ?? lastEventId
        onData(JSON.parse(event.data))
      }
    } catch (error) {
      if (signal.aborted) return
      if (isFailure(error) && (isFirst || isTokenRefusal(error))) throw error
    }
    if (!isBroken) context.err(`${client.url} ended the stream; trying again until it is back`)
    isBroken = true
    await pause(AGAIN_MS, undefined, { signal }).catch(() => undefined)
  }
}
