// Drives one round of load on a port and reads the result: wrk where it is installed, else the generator in peers/.

import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { isInstalled, start } from './processes.ts'
import { requestText, requestHeaders, type Scenario } from './scenarios.ts'

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
  readonly errors: number
}

export interface LoadOrder {
  readonly scenario: Scenario
  readonly port: number
  readonly connections: number
  readonly seconds: number
}

export type Loader = 'wrk' | 'own'

const peer = (name: string) => fileURLToPath(new URL(`./peers/${name}`, import.meta.url))

export function bestLoader(): Loader {
  return isInstalled('wrk') ? 'wrk' : 'own'
}

/** Runs the load to its end. Rejects when an answer was not HTTP 200 or a connection failed. */
export async function load(loader: Loader, order: LoadOrder): Promise<LoadResult> {
  const { scenario, port, connections, seconds } = order
  const sizes = [String(connections), String(seconds)] as const
  const child =
    loader === 'wrk'
      ? start(
          'rest',
          [
            'wrk',
            '-t1',
            `-c${sizes[0]}`,
            `-d${sizes[1]}s`,
            '-s',
            peer('load.lua'),
            `http://127.0.0.1:${port}${scenario.path}`,
          ],
          { env: wrkRequest(scenario) },
        )
      : start('rest', [process.execPath, peer('load.mjs'), String(port), ...sizes], {
          stdin: Buffer.from(JSON.stringify([requestText(scenario, port)])),
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
