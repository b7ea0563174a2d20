// Requests from a list in turns, as many as go or so many a second: the generator in peers/, for hubs with many parties.

import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { start } from './processes.ts'

const CONNECTIONS = 16
const GENERATOR = fileURLToPath(new URL('./peers/load.mjs', import.meta.url))

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
  readonly errors: number
}

export interface LoadInTurnsResult extends LoadResult {
  /** Of each request, ascending. */
  readonly latenciesUs: readonly number[]
}

export interface LoadInTurnsOrder {
  readonly port: number
  /** Absent = 16. */
  readonly connections?: number
  readonly requests: readonly string[]
  readonly seconds: number
  /** Requests a second; absent = as many as go. */
  readonly rate?: number
  /** OCPI status codes that are no error, with commas; absent = 1000. */
  readonly codes?: string
}

/** Runs the load to its end. Rejects when an answer was another one or a connection failed. */
export async function loadInTurns({
  port,
  connections = CONNECTIONS,
  requests,
  seconds,
  rate = 0,
  codes = '1000',
}: LoadInTurnsOrder): Promise<LoadInTurnsResult> {
  const sizes = [port, connections, seconds, rate].map(String)
  const child = start('rest', [process.execPath, GENERATOR, ...sizes, codes], {
    stdin: Buffer.from(JSON.stringify(requests)),
  })
  const result = JSON.parse(await text(child.stdout!)) as LoadInTurnsResult
  if (result.errors > 0) throw new Error(`${result.errors} requests failed`)
  return result
}
