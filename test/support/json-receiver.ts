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

type Answer = number | object | 'hang'

export interface JsonReceiver {
  readonly url: string
  readonly posts: readonly Posted[]
  /** Of the next answers, one each: a status, JSON to answer with 200, or `hang` = no answer at all; then 200. */
  readonly answers: Answer[]
  /** The first post for which `fits` is true, once it is there. */
  // oxlint-disable-next-line typescript/no-explicit-any
  post(fits: (json: any) => boolean, what: string): Promise<Posted>
  close(): Promise<void>
}

/** Listens on a free port of loopback. */
export async function jsonReceiver(): Promise<JsonReceiver> {
  const posts: Posted[] = []
  const answers: Answer[] = []
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

function answer(response: ServerResponse, what: Answer): void {
  if (what === 'hang') return
  const status = typeof what === 'number' ? what : 200
  response.writeHead(status, { 'content-type': 'application/json', location: 'http://elsewhere.example/' })
  response.end(typeof what === 'number' ? '{}' : JSON.stringify(what))
}
