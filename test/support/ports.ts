// Ports for processes that listen on them again after a restart. Those that the system hands out by itself will not
// do: by then one of them may be the near end of somebody's connection.

import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the ranges of Linux (32768) and macOS (49152).
const FIRST = 10_000
const LAST = 32_000
const ATTEMPTS_MAX = 100
// Whoever was given one listens on it only later.
const given = new Set<number>()

/** A port of loopback that nobody listens on or was given, nor the one `beyond` above it. */
export async function stablePort(beyond = 0): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - beyond - FIRST))
    if (!(await isFree(port)) || (beyond > 0 && !(await isFree(port + beyond)))) continue
    for (const taken of [port, port + beyond]) given.add(taken)
    return port
  }
  throw new Error('no free port was found')
}

async function isFree(port: number): Promise<boolean> {
  if (given.has(port)) return false
  const server = createServer()
  const listening = once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.listen(port, '127.0.0.1')
  if (!(await listening)) return false
  server.close()
  await once(server, 'close')
  return true
}
