// A server that takes JSON by POST, as web hooks and collectors do, and answers as told.

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { waitFor } from './wait.ts'

export interface Posted {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

export interface JsonReceiver {
  readonly url: string
  readonly posts: readonly Posted[]
  /** Statuses of the next answers, one each; then 200. `hang` = no answer at all. */
  readonly answers: (number | 'hang')[]
  /** The first post for which `fits` is true, once it is there. */
  // oxlint-disable-next-line typescript/no-explicit-any
  post(fits: (json: any) => boolean, what: string): Promise<Posted>
  close(): Promise<void>
}

/** Listens on a free port of loopback. */
export async function jsonReceiver(): Promise<JsonReceiver> {
  const posts: Posted[] = []
  const answers: (number | 'hang')[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const json: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      posts.push({ path: `${request.method} ${request.url}`, headers: request.headers, json })
      answer(response, answers.shift() ?? 200)
    })
    request.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    answers,
    post: (fits, what) => waitFor(() => posts.find(({ json }) => fits(json)), { what }),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function answer(response: ServerResponse, status: number | 'hang'): void {
  if (status === 'hang') return
  response.writeHead(status, { 'content-type': 'application/json', location: 'http://elsewhere.example/' })
  response.end('{}')
}
