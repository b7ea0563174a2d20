// The version list and the version details of the hub, per version and per client.

import { afterEach, describe, expect, it } from 'vitest'
import type { Platform } from '../../../src/registry/platform.ts'
import { platform, role } from '../../support/platforms.ts'
import { createKit, faultOf, type Kit, PUBLIC_URL } from './kit.ts'
import { hashToken } from '../../../src/ocpi/token.ts'
import { SECRET } from '../../support/platforms.ts'

interface ListedEndpoint {
  readonly identifier: string
  readonly role?: string
  readonly url: string
}

let kit: Kit
afterEach(() => kit.close())

async function endpointsFor(version: string, changes: Partial<Platform> = {}): Promise<ListedEndpoint[]> {
  kit = await createKit({}, [
    platform('acme', { inbound: [{ hash: hashToken('t', SECRET), purpose: 'credentials' }], ...changes }),
  ])
  const answer = await kit.ask('t', 'GET', `/ocpi/${version}`)
  const data = answer.data as { version: string; endpoints: ListedEndpoint[] }
  expect(data.version).toBe(version)
  return data.endpoints
}

const names = (endpoints: readonly ListedEndpoint[]) =>
  endpoints.map(({ identifier, role: interfaceRole }) => `${identifier} ${interfaceRole ?? ''}`.trim())

describe('versions of the hub', () => {
  it('are listed with absolute URLs below the public URL (R13, R14)', async () => {
    kit = await createKit()
    const { token } = await kit.registration.prepare({ id: 'acme' })
    expect(await kit.ask(token, 'GET', '/ocpi/versions')).toEqual({
      data: ['2.3.0', '2.2.1', '2.1.1'].map((version) => ({ version, url: `${PUBLIC_URL}/ocpi/${version}` })),
    })
  })

  it('know GET only', async () => {
    kit = await createKit()
    const { token } = await kit.registration.prepare({ id: 'acme' })
    for (const path of ['/ocpi/versions', '/ocpi/2.2.1']) {
      const fault = await faultOf(kit.ask(token, 'POST', path, {}))
      expect([fault.code, fault.info.headers]).toEqual(['method_unsupported', { Allow: 'GET' }])
    }
  })

  it('are not there when the hub does not offer them', async () => {
    kit = await createKit()
    const { token } = await kit.registration.prepare({ id: 'acme' })
    expect((await faultOf(kit.ask(token, 'GET', '/ocpi/2.2'))).code).toBe('url_unknown')
  })
})

describe('version details of the hub', () => {
  it('list every functional module as SENDER and RECEIVER with distinct URLs, the others once (R15-R18)', async () => {
    const endpoints = await endpointsFor('2.2.1')
    const functional = ['cdrs', 'commands', 'locations', 'sessions', 'tariffs', 'tokens', 'chargingprofiles']
    expect(names(endpoints).sort()).toEqual(
      [
        'credentials SENDER',
        'hubclientinfo SENDER',
        ...functional.flatMap((id) => [`${id} SENDER`, `${id} RECEIVER`]),
      ].sort(),
    )
    expect(new Set(endpoints.map((endpoint) => endpoint.url)).size).toBe(endpoints.length)
    expect(endpoints.every((endpoint) => endpoint.url.startsWith(`${PUBLIC_URL}/ocpi/2.2.1/`))).toBe(true)
    expect(endpoints).toContainEqual({
      identifier: 'locations',
      role: 'SENDER',
      url: `${PUBLIC_URL}/ocpi/2.2.1/sender/locations`,
    })
  })

  it('offer custom modules to those who have them, in their spelling (R20)', async () => {
    const url = 'https://acme.example/x'
    const endpoints = await endpointsFor('2.2.1', {
      endpoints: [
        { module: 'nltnm-Tokens', role: 'SENDER', url },
        { module: 'Locations', role: 'SENDER', url },
        { module: 'payments', role: 'SENDER', url },
        { module: 'versions', role: 'SENDER', url },
      ],
    })
    expect(names(endpoints).filter((name) => /nltnm|payments|versions|Locations/.test(name))).toEqual([
      'nltnm-Tokens SENDER',
      'nltnm-Tokens RECEIVER',
    ])
  })

  it('offer payments and bookings only to 2.3.0 clients that list them, in their spelling (T27)', async () => {
    expect(names(await endpointsFor('2.3.0')).join()).not.toMatch(/payments|ooking|invoice/)
    await kit.close()
    const url = 'https://acme.example/x'
    const endpoints = await endpointsFor('2.3.0', {
      endpoints: [
        { module: 'bookings', role: 'SENDER', url },
        { module: 'payments', role: 'SENDER', url },
      ],
    })
    expect(names(endpoints)).toEqual(
      expect.arrayContaining([
        'bookings SENDER',
        'bookings RECEIVER',
        'payments SENDER',
        'payments RECEIVER',
      ]),
    )
  })

  it('have no roles in 2.1.1: a CPO gets what an eMSP offers (R15, T37)', async () => {
    const endpoints = await endpointsFor('2.1.1', { version: '2.1.1', roles: [role('FR-OLD CPO')] })
    expect(endpoints.every((endpoint) => endpoint.role === undefined)).toBe(true)
    expect(Object.fromEntries(endpoints.map(({ identifier, url }) => [identifier, url]))).toEqual({
      credentials: `${PUBLIC_URL}/ocpi/2.1.1/credentials`,
      locations: `${PUBLIC_URL}/ocpi/2.1.1/receiver/locations`,
      sessions: `${PUBLIC_URL}/ocpi/2.1.1/receiver/sessions`,
      cdrs: `${PUBLIC_URL}/ocpi/2.1.1/receiver/cdrs`,
      tariffs: `${PUBLIC_URL}/ocpi/2.1.1/receiver/tariffs`,
      tokens: `${PUBLIC_URL}/ocpi/2.1.1/sender/tokens`,
      commands: `${PUBLIC_URL}/ocpi/2.1.1/sender/commands`,
    })
  })

  it('have no roles in 2.1.1: an eMSP gets what a CPO offers (R15)', async () => {
    const endpoints = await endpointsFor('2.1.1', { version: '2.1.1', roles: [role('FR-OLD EMSP')] })
    const urls = Object.fromEntries(endpoints.map(({ identifier, url }) => [identifier, url]))
    expect(urls.locations).toBe(`${PUBLIC_URL}/ocpi/2.1.1/sender/locations`)
    expect(urls.tokens).toBe(`${PUBLIC_URL}/ocpi/2.1.1/receiver/tokens`)
    expect(urls.commands).toBe(`${PUBLIC_URL}/ocpi/2.1.1/receiver/commands`)
  })
})
