// Reads a stream of server-sent events as a browser would.

export interface Event {
  readonly id?: string
  readonly event?: string
  readonly data?: unknown
  /** A comment line: the heartbeat. */
  readonly comment?: string
}

export interface EventReader {
  readonly status: number
  /** The next event, or `undefined` when the stream has ended. */
  next(): Promise<Event | undefined>
  close(): Promise<void>
}

export async function readEvents(url: string, headers: Record<string, string>): Promise<EventReader> {
  const stop = new AbortController()
  const response = await fetch(url, { headers, signal: stop.signal })
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  async function next(): Promise<Event | undefined> {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end !== -1) {
        const event = toEvent(text.slice(0, end))
        text = text.slice(end + 2)
        return event
      }
      const { done, value } = await reader.read()
      if (done) return undefined
      text += decoder.decode(value, { stream: true })
    }
  }
  return {
    status: response.status,
    next,
    close: async () => {
      stop.abort()
      await reader.closed.catch(() => {})
    },
  }
}

function toEvent(block: string): Event {
  const members: Record<string, unknown> = {}
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    const value = line.slice(colon + 1).trim()
    if (colon === 0) members.comment = value
    else members[line.slice(0, colon)] = line.startsWith('data:') ? JSON.parse(value) : value
  }
  return members
}
