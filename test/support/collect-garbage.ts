// Has a Node process of a test collect its garbage, so that what is left is what it holds. Through its inspector, which
// it opens on SIGUSR1: start it with `INSPECTABLE` before its command.

import { WebSocket } from 'undici'
import type { HubProcess } from './hub-process.ts'
import { waitFor } from './wait.ts'

/** Put before the command of the process: its inspector takes a free port. */
export const INSPECTABLE = ['env', 'NODE_OPTIONS=--inspect-port=127.0.0.1:0'] as const

/** Resolves when all garbage is collected. */
export async function collectGarbage(hub: Pick<HubProcess, 'pid' | 'log'>): Promise<void> {
  const find = () => /Debugger listening on (ws:\S+)/.exec(hub.log())?.[1]
  if (find() === undefined) process.kill(hub.pid, 'SIGUSR1')
  const socket = new WebSocket(await waitFor(find, { what: 'the inspector' }))
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener('error', () => reject(new Error('the inspector does not answer')))
      socket.addEventListener('message', resolve)
      socket.addEventListener('open', () =>
        socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' })),
      )
    })
  } finally {
    socket.close()
  }
}
