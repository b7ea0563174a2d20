// Messages of Redis: the listeners of each channel, over one connection of their own, made when the first channel is
// wanted.

/** What this needs of a connection that waits for its server. */
export interface MessageClient {
  readonly status: string
  on(event: 'message', listener: (channel: string, message: string) => void): unknown
  on(event: 'ready', listener: () => void): unknown
  subscribe(channel: string): Promise<unknown>
  disconnect(): void
}

export interface Messages {
  /** Gives the way to stop. */
  subscribe(channel: string, listener: (message: string) => void): () => void
  close(): void
}

/** `connect` opens the connection. */
export function createMessages(connect: () => MessageClient): Messages {
  const channels = new Map<string, Set<(message: string) => void>>()
  let client: MessageClient | undefined

  function open(): MessageClient {
    const opened = connect()
    opened.on('message', (channel, message) => {
      for (const listener of channels.get(channel) ?? []) listener(message)
    })
    // Each time anew: a subscription that was under way when the connection broke is known to nobody.
    opened.on('ready', () => {
      for (const channel of channels.keys()) subscribeNow(channel)
    })
    return opened
  }

  function subscribeNow(channel: string): void {
    client?.subscribe(channel).catch(() => undefined)
  }

  return {
    subscribe(channel, listener) {
      const listeners = channels.get(channel) ?? new Set()
      channels.set(channel, listeners.add(listener))
      client ??= open()
      if (listeners.size === 1 && client.status === 'ready') subscribeNow(channel)
      return () => listeners.delete(listener)
    },
    close() {
      channels.clear()
      client?.disconnect()
    },
  }
}
