// Results of commands and charging profiles, and signs of life: what the sandbox's parties send to the hub.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { waitFor } from '../support/wait.ts'
import { ask } from './sandbox-caller.ts'

interface Got {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly json: unknown
}

let hub: Server
let hubUrl: string
let got: Got[] = []
let sandbox: Sandbox

beforeAll(async () => {
  hub = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const json: unknown = text === '' ? undefined : JSON.parse(text)
      got.push({ method: request.method!, url: request.url!, headers: request.headers, json })
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve))
  hubUrl = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`
  sandbox = await startSandbox({ port: 0, hubVersionsUrl: `${hubUrl}/ocpi/versions` })
})
afterAll(async () => {
  await sandbox.close()
  hub.closeAllConnections()
  await new Promise((resolve) => hub.close(resolve))
})

const ROUTING = {
  'OCPI-to-country-code': 'DE',
  'OCPI-to-party-id': 'CPO',
  'OCPI-from-country-code': 'NL',
  'OCPI-from-party-id': 'EMS',
  'X-Request-ID': 'request-1',
  'X-Correlation-ID': 'correlation-1',
}

function arrived(path: string): Got[] {
  return got.filter(({ url }) => url === path)
}

function command(name: string, path: string) {
  return ask(sandbox, 'DE-CPO', `POST receiver/commands/${name}`, {
    headers: ROUTING,
    json: { response_url: hubUrl + path, location_id: 'LOC0001' },
  })
}

describe('commands', () => {
  it('are accepted, and their result is posted as an answer of the CPO (R77)', async () => {
    got = []
    const answer = await command('START_SESSION', '/callback/1')
    expect(answer.json()).toMatchObject({ status_code: 1000, data: { result: 'ACCEPTED', timeout: 30 } })
    await waitFor(() => arrived('/callback/1').length)
    const [result] = arrived('/callback/1')
    expect(result).toMatchObject({ method: 'POST', json: { result: 'ACCEPTED' } })
    expect(result!.headers).toMatchObject({
      authorization: `Token ${Buffer.from('sandbox-de-cpo').toString('base64')}`,
      'content-type': 'application/json',
      'ocpi-to-country-code': 'NL',
      'ocpi-to-party-id': 'EMS',
      'ocpi-from-country-code': 'DE',
      'ocpi-from-party-id': 'CPO',
      'x-correlation-id': 'correlation-1',
    })
    expect(result!.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('are the five of OCPI, each with a result', async () => {
    for (const name of ['STOP_SESSION', 'CANCEL_RESERVATION', 'UNLOCK_CONNECTOR']) {
      await command(name, `/callback/${name}`)
      await waitFor(() => arrived(`/callback/${name}`).length, { what: name })
    }
  })

  it('call a reservation off later, on the same URL (R78)', async () => {
    await command('RESERVE_NOW', '/callback/reserve')
    await waitFor(() => arrived('/callback/reserve').length === 2)
    expect(arrived('/callback/reserve').map(({ json }) => json)).toEqual([
      { result: 'ACCEPTED' },
      { result: 'CANCELED_RESERVATION' },
    ])
    const ids = arrived('/callback/reserve').map(({ headers }) => headers['x-request-id'])
    expect(new Set(ids).size).toBe(2)
  })

  it('that are unknown are answered with 2000', async () => {
    const answer = await command('DANCE', '/callback/dance')
    expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 2000])
  })

  it('need a response_url of the hub and of nobody else', async () => {
    for (const responseUrl of [undefined, 7, 'not a URL', 'ftp://x/y', 'http://127.0.0.1:1/elsewhere']) {
      const answer = await ask(sandbox, 'DE-CPO', 'POST receiver/commands/START_SESSION', {
        json: { response_url: responseUrl },
      })
      expect(answer.json().status_code).toBe(2001)
    }
  })
})

describe('charging profiles', () => {
  it('are read, set and cleared, each with its result (R75)', async () => {
    const url = (path: string) => encodeURIComponent(hubUrl + path)
    await ask(
      sandbox,
      'DE-CPO',
      `GET receiver/chargingprofiles/S1?duration=900&response_url=${url('/profile/get')}`,
    )
    await ask(sandbox, 'DE-CPO', 'PUT receiver/chargingprofiles/S1', {
      json: { charging_profile: { charging_rate_unit: 'W' }, response_url: `${hubUrl}/profile/put` },
    })
    await ask(sandbox, 'DE-CPO', `DELETE receiver/chargingprofiles/S1?response_url=${url('/profile/delete')}`)
    await waitFor(() =>
      ['get', 'put', 'delete'].every((method) => arrived(`/profile/${method}`).length === 1),
    )
    expect(arrived('/profile/get')[0]!.json).toMatchObject({
      result: 'ACCEPTED',
      profile: { charging_profile: { charging_rate_unit: 'W', duration: 900 } },
    })
    expect(arrived('/profile/put')[0]!.json).toEqual({ result: 'ACCEPTED' })
    expect(arrived('/profile/delete')[0]!.json).toEqual({ result: 'ACCEPTED' })
  })

  it('need a session and a profile', async () => {
    const nowhere = await ask(sandbox, 'DE-CPO', 'GET receiver/chargingprofiles')
    expect(nowhere.json().status_code).toBe(2001)
    const empty = await ask(sandbox, 'DE-CPO', 'PUT receiver/chargingprofiles/S1', {
      json: { response_url: `${hubUrl}/profile/empty` },
    })
    expect(empty.json().status_code).toBe(2001)
  })
})

describe('results at the eMSP', () => {
  it('are taken by its SENDER interfaces', async () => {
    const command = await ask(sandbox, 'NL-EMS', 'POST sender/commands/START_SESSION/1', {
      json: { result: 'ACCEPTED' },
    })
    expect(command.json().status_code).toBe(1000)
    expect(command.json()).not.toHaveProperty('data')
    const profile = await ask(sandbox, 'NL-EMS', 'PUT sender/chargingprofiles/S1', { json: {} })
    expect(profile.json().status_code).toBe(1000)
  })
})

describe('signs of life', () => {
  it('come from the parties that always fail, and from no other', async () => {
    got = []
    const other = await startSandbox({ port: 0, hubVersionsUrl: `${hubUrl}/ocpi/versions`, lifeEveryMs: 20 })
    const failing = ['de-cut', 'de-gar', 'de-off', 'de-slo']
    await waitFor(() => arrived('/ocpi/versions').length >= 3 * failing.length)
    await other.close()
    const tokens = arrived('/ocpi/versions').map(({ headers }) =>
      headers.authorization!.replace('Token ', ''),
    )
    const senders = new Set(tokens.map((token) => Buffer.from(token, 'base64').toString()))
    expect([...senders].toSorted()).toEqual(failing.map((id) => `sandbox-${id}`))
  })
})
