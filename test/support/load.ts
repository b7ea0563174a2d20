// A steady load of requests on kept-open connections, counted one by one: every one that did not get its answer is
// told with the reason.

import { Agent, request } from 'node:http'
import type { Party } from './party.ts'

export interface Load {
  /** Requests that are through. */
  done(): number
  /** Stops after the requests under way and gives what went wrong; no line = nothing was lost. */
  stop(): Promise<readonly string[]>
  /** Milliseconds of every request, in the order they ended. */
  readonly latenciesMs: readonly number[]
}

export interface LoadOptions {
  readonly from: Party
  /** `DE-CPO`. */
  readonly to: string
  readonly connections: number
  /** Requests a second over all connections, at most; as many as go when absent. */
  readonly rate?: number
  /** Objects that are asked for and pushed in turns; always another one when absent. */
  readonly objects?: number
}

/** GET and PUT in turns, to the party `to` through the hub or balancer at `url`. */
export function startLoad(url: string, { from, to, connections, rate, objects }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const failures: string[] = []
  const latenciesMs: number[] = []
  const headers = {
    authorization: from.authorization(),
    'ocpi-from-country-code': from.key.slice(0, 2),
    'ocpi-from-party-id': from.key.slice(3),
    'ocpi-to-country-code': to.slice(0, 2),
    'ocpi-to-party-id': to.slice(3),
    'content-type': 'application/json',
  }
  let running = true
  let sent = 0
  const start = performance.now()

  async function work(): Promise<void> {
    while (running) {
      const number = sent++
      if (rate !== undefined) await until(start + (number * 1000) / rate)
      const sentAt = performance.now()
      const problem = await ask(number % 2 === 0 ? 'GET' : 'PUT', number)
      latenciesMs.push(performance.now() - sentAt)
      if (problem !== undefined) {
        failures.push(`#${number} after ${Math.round(sentAt - start)} ms: ${problem}`)
      }
    }
  }

  /** Sends one request; gives what went wrong. */
  function ask(method: 'GET' | 'PUT', number: number): Promise<string | undefined> {
    const [side, module] = method === 'GET' ? ['sender', 'locations'] : ['receiver', 'tokens']
    const id = objects === undefined ? number : number % objects
    const path = new URL(`/ocpi/2.2.1/${side}/${module}/NL/EMS/${id}`, url)
    return new Promise((resolve) => {
      const ids = { 'x-request-id': `r${number}`, 'x-correlation-id': `c${number}` }
      const outgoing = request(path, { agent, method, headers: { ...headers, ...ids } }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', (error) => resolve(String(error)))
        answer.on('close', () => {
          const body = Buffer.concat(chunks).toString()
          const isGood = answer.complete && answer.statusCode === 200 && body.includes('"status_code":1000')
          resolve(isGood ? undefined : `HTTP ${answer.statusCode} ${body.slice(0, 300)}`)
        })
      })
      outgoing.on('error', (error) => resolve(String(error)))
      outgoing.end(method === 'PUT' ? '{"uid":"1"}' : undefined)
    })
  }

  const workers = Array.from({ length: connections }, work)
  return {
    done: () => latenciesMs.length,
    latenciesMs,
    async stop() {
      running = false
      await Promise.all(workers)
      agent.destroy()
      return failures
    },
  }
}

function until(instant: number): Promise<void> | undefined {
  const left = instant - performance.now()
  return left > 0 ? new Promise((resolve) => setTimeout(resolve, left)) : undefined
}
