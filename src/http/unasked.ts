// Connections on which nothing was asked, while the server closes: Node stops looking for slow senders then, so that
// they would keep it open for as long as they like.

import type { Socket } from 'node:net'
import { Server } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { answerUnderWay } from './stray-bytes.ts'

/**
 * Once `app` closes, ends the connections that have said nothing yet, and after the time for headers to arrive those
 * that are still at theirs. Handshakes have a limit of their own.
 */
export function endUnasked(app: FastifyInstance, headersTimeoutMs: number): void {
  const connections = new Set<Socket>()
  let timer: NodeJS.Timeout | undefined

  function end(isUnasked: (connection: Socket) => boolean): void {
    for (const connection of connections) if (isUnasked(connection)) connection.destroy()
  }

  app.server.on(app.server instanceof Server ? 'secureConnection' : 'connection', (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  app.addHook('preClose', (done) => {
    end(({ bytesRead }) => bytesRead === 0)
    timer = setTimeout(() => end((connection) => !answerUnderWay(connection)), headersTimeoutMs)
    done()
  })
  app.addHook('onClose', (_app, done) => {
    clearTimeout(timer)
    done()
  })
}
