// Drives one round of load on a port and reads the result: wrk where it is installed, else our own generator.

import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { loadInTurns, type LoadResult } from './load-in-turns.ts'
import { isInstalled, start } from './processes.ts'
import { requestText, requestHeaders, type Scenario } from './scenarios.ts'

export interface LoadOrder {
  readonly scenario: Scenario
  readonly port: number
  readonly connections: number
  readonly seconds: number
}

export type Loader = 'wrk' | 'own'

const SCRIPT = fileURLToPath(new URL('./peers/load.lua', import.meta.url))

export function bestLoader(): Loader {
  return isInstalled('wrk') ? 'wrk' : 'own'
}

/** Runs the load to its end. Rejects when an answer was not HTTP 200 or a connection failed. */
export async function load(loader: Loader, order: LoadOrder): Promise<LoadResult> {
  const { scenario, port, connections, seconds } = order
  if (loader === 'own')
    return loadInTurns({ port, connections, seconds, requests: [requestText(scenario, port)] })
  const url = `http://127.0.0.1:${port}${scenario.path}`
  const child = start('rest', ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT, url], {
    env: wrkRequest(scenario),
  })
  const output = await text(child.stdout!)
  const line = output.split('\n').find((each) => each.startsWith('{"requests"'))
  if (!line) throw new Error(`the load generator gave no result: ${output.slice(-300)}`)
  const result = JSON.parse(line) as LoadResult
  if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} requests failed`)
  return result
}

function wrkRequest(scenario: Scenario): NodeJS.ProcessEnv {
  return {
    BENCH_METHOD: scenario.method,
    BENCH_HEADERS: Object.entries(requestHeaders(scenario))
      .map(([name, value]) => `${name}: ${value}\n`)
      .join(''),
    ...(scenario.body === '' ? {} : { BENCH_BODY: scenario.body }),
  }
}
