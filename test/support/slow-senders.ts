// A process of clients that send as slowly as they can: each opens a connection anew when the hub has closed it.
// Arguments: URL of the hub, connections, Authorization of a party. Tells `full` when all are open for the first time;
// told `stop`, it opens no more, and tells `SlowSenders` when the last one is gone.

import { connect, type Socket } from 'node:net'

/** Of each manner the connections that were closed, and the longest that one was kept open, in milliseconds. */
export type SlowSenders = Readonly<Record<Manner, { readonly closed: number; readonly longestMs: number }>>

type Manner = keyof typeof MANNERS

const EVERY_MS = 1_000
/** As many a second as usual tools open. */
const OPENED_PER_SECOND = 250

const [url, connections, authorization] = process.argv.slice(2)
const { hostname, port } = new URL(url!)
const start = (method: string) =>
  `${method} /ocpi/2.2.1/receiver/tokens/NL/EMS/1 HTTP/1.1\r\nHost: hub\r\nAuthorization: ${authorization}\r\n`

/** What is sent at first, and again every second. */
const MANNERS = {
  silent: { first: '', again: '' },
  'head trickles': { first: start('GET'), again: 'X-Filler: a\r\n' },
  'body is missing': { first: `${start('PUT')}Content-Length: 1000\r\n\r\n`, again: '' },
  'body trickles': { first: `${start('PUT')}Content-Length: 1000\r\n\r\n`, again: 'a' },
} as const

const names = Object.keys(MANNERS) as Manner[]
const closed = Object.fromEntries(names.map((name) => [name, { closed: 0, longestMs: 0 }])) as {
  [Name in Manner]: { closed: number; longestMs: number }
}
let open = 0
let isFull = false
let isStopping = false

function send(manner: Manner): void {
  const { first, again } = MANNERS[manner]
  const socket: Socket = connect({ host: hostname, port: Number(port) })
  let openedAt: number | undefined
  socket.on('connect', () => {
    openedAt = performance.now()
    open++
    if (open === Number(connections) && !isFull) {
      isFull = true
      process.send!('full')
    }
    socket.write(first)
  })
  const timer = setInterval(() => socket.write(again), EVERY_MS)
  socket.resume()
  // Whatever the hub sends, it means the end.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    clearInterval(timer)
    if (openedAt !== undefined) {
      open--
      const result = closed[manner]
      result.closed++
      result.longestMs = Math.max(result.longestMs, performance.now() - openedAt)
    }
    if (!isStopping) send(manner)
    else if (open === 0) process.send!(closed satisfies SlowSenders)
  })
}

process.on('message', () => (isStopping = true))
process.on('disconnect', () => process.exit())
for (let number = 0; number < Number(connections); number++) {
  setTimeout(send, (number * 1_000) / OPENED_PER_SECOND, names[number % names.length]!)
}
