// The example party of the documentation, as a process: connected in both directions, routed to, renewed, gone.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const PROGRAM = fileURLToPath(new URL('../../examples/party.mjs', import.meta.url))

interface Example {
  readonly versionsUrl: string
  /** Everything it printed but the first line. */
  readonly printed: readonly string[]
}

let scene: Scene<{ emsp: Party }>
let example: Example

beforeAll(async () => {
  // The example reads the hub's versions at its public URL.
  const publicUrl = await closedPort()
  const ocpi = { host: '127.0.0.1', port: Number(new URL(publicUrl).port) }
  scene = await stage({ emsp: party('NL-EMS', 'EMSP') }, { hub: { publicUrl }, listen: { ocpi } })
})
afterAll(() => scene.close())
afterEach(() => scene.hub.admin('/platforms/tiny', { method: 'DELETE' }))

async function startExample(): Promise<Example> {
  const child = spawn(process.execPath, [PROGRAM, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const first = await waitFor(() => lines[0], { what: 'the first line of the example party' })
  return {
    versionsUrl: first.replace('listening: ', ''),
    get printed() {
      return lines.slice(1)
    },
  }
}

function authorization(token: string): Record<string, string> {
  return { authorization: `Token ${Buffer.from(token).toString('base64')}` }
}

interface Envelope {
  readonly status_code: number
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data?: any
}

/** A request of the example party, made by hand as the page tells it. */
async function asParty(token: string, call: string, json?: unknown): Promise<Envelope> {
  const [method = '', path = ''] = call.split(' ')
  const body = json === undefined ? {} : { body: JSON.stringify(json) }
  const headers = { ...authorization(token), 'content-type': 'application/json' }
  const response = await fetch(`${scene.hub.ocpiUrl}/ocpi${path}`, { method, headers, ...body })
  return (await response.json()) as Envelope
}

function credentials(): unknown {
  const roles = [{ role: 'CPO', country_code: 'DE', party_id: 'TNY', business_details: { name: 'Tiny' } }]
  return { token: 'tiny-secret', url: example.versionsUrl, roles }
}

async function readsItsLocation(): Promise<void> {
  const answer = await scene.emsp.gets('locations', { to: 'DE-TNY', path: '/LOC1' })
  expect(answer.json()).toMatchObject({ status_code: 1000, data: { id: 'LOC1', party_id: 'TNY' } })
  expect(example.printed.at(-1)).toBe('GET /ocpi/2.2.1/locations/LOC1 from NL-EMS')
}

describe('the example party', () => {
  it('registers at the hub, renews its credentials and leaves', async () => {
    example = await startExample()
    const prepared = await scene.hub.admin('/platforms', { method: 'POST', json: { id: 'tiny' } })
    const { token } = prepared.json as { token: string }
    const registered = await asParty(token, 'POST /2.2.1/credentials', credentials())
    expect(registered).toMatchObject({ status_code: 1000, data: { roles: [{ role: 'HUB' }] } })
    expect(example.printed).toEqual(['GET /ocpi/versions', 'GET /ocpi/2.2.1'])
    await readsItsLocation()
    const unknown = await scene.emsp.gets('locations', { to: 'DE-TNY', path: '/LOC2' })
    expect([unknown.httpStatus, unknown.json().status_code]).toEqual([404, 2003])

    const renewed = await asParty(registered.data.token, 'PUT /2.2.1/credentials', credentials())
    expect(renewed.status_code).toBe(1000)
    await readsItsLocation()
    expect(await asParty(renewed.data.token, 'DELETE /2.2.1/credentials')).toMatchObject({
      status_code: 1000,
    })
    const gone = await scene.emsp.gets('locations', { to: 'DE-TNY' })
    expect(gone.json()).toMatchObject({ status_code: 4003, data: { connection_status: 'SUSPENDED' } })
  })

  it('is registered at by the hub, renewed and left', async () => {
    example = await startExample()
    const order = { id: 'tiny', versions_url: example.versionsUrl, token: 'tiny-secret' }
    const connected = await scene.hub.admin('/platforms', { method: 'POST', json: order })
    expect(connected.json).toMatchObject({ status: 'CONNECTED', version: '2.2.1' })
    await readsItsLocation()
    const old = await fetch(example.versionsUrl, { headers: authorization('tiny-secret') })
    expect(old.status).toBe(401)
    await old.body?.cancel()

    expect(await scene.hub.admin('/platforms/tiny/rotate', { method: 'POST' })).toMatchObject({ status: 200 })
    await readsItsLocation()
    const left = await scene.hub.admin('/platforms/tiny', { method: 'DELETE' })
    expect(left.json).toEqual({ id: 'tiny', peer_told: true })
  })

  it('passes the examination of a party', async () => {
    example = await startExample()
    const order = { url: example.versionsUrl, token: 'tiny-secret' }
    const { json } = await scene.hub.admin('/probe', { method: 'POST', json: order })
    const { checks } = json as { checks: { id: string; result: string }[] }
    // It speaks plain http.
    expect(checks.filter(({ result }) => result === 'warn' || result === 'fail')).toMatchObject([
      { id: 'url' },
    ])
  })

  it('is told of parties that change', async () => {
    example = await startExample()
    const order = { id: 'tiny', versions_url: example.versionsUrl, token: 'tiny-secret' }
    await scene.hub.admin('/platforms', { method: 'POST', json: order })
    await scene.hub.admin('/platforms/nl-ems/suspend', { method: 'POST' })
    await waitFor(() => example.printed.some((line) => line.includes('"status":"SUSPENDED"')), {
      what: 'the push of the client info',
    })
    expect(example.printed).toContain('PUT /ocpi/2.2.1/hubclientinfo/NL/EMS')
    await scene.hub.admin('/platforms/nl-ems/resume', { method: 'POST' })
  })
})
