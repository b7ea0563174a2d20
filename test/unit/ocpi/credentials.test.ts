// The credentials object of both shapes: what is read of a peer's, and what the hub writes of its own.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCredentials, writeCredentials } from '../../../src/ocpi/credentials.ts'
import { VERSIONS, type VersionNumber } from '../../../src/ocpi/version.ts'

const role = (cc: string, pid: string, name: string) => ({
  role: name,
  country_code: cc,
  party_id: pid,
  business_details: { name: `${pid} Ltd`, website: 'https://example.com' },
})
const peer = (...roles: unknown[]) => ({ token: 'token-b', url: 'https://peer.example/ocpi/versions', roles })

function problemOf(value: unknown, version: VersionNumber = '2.2.1'): string | undefined {
  const reading = readCredentials(value, version)
  return reading.ok ? undefined : reading.problem
}

describe('credentials of a peer', () => {
  it('reads token, URL and roles (R34)', () => {
    expect(readCredentials(peer(role('NL', 'TNM', 'EMSP')), '2.2.1')).toEqual({
      ok: true,
      value: {
        token: 'token-b',
        url: 'https://peer.example/ocpi/versions',
        roles: [
          {
            countryCode: 'NL',
            partyId: 'TNM',
            role: 'EMSP',
            name: 'TNM Ltd',
            businessDetails: { name: 'TNM Ltd', website: 'https://example.com' },
          },
        ],
      },
    })
  })

  it('reads hub_party_id as the party of a hub, in the versions that have it (R37)', () => {
    const value = { ...peer(role('NL', 'TNM', 'EMSP')), hub_party_id: 'BEHBB' }
    const hubOf = (version: VersionNumber, given: unknown = value) => {
      const reading = readCredentials(given, version)
      return reading.ok ? reading.value.hub : reading.problem
    }
    expect(hubOf('2.3.0')).toEqual({ countryCode: 'BE', partyId: 'HBB' })
    expect(hubOf('2.2.1')).toBeUndefined()
    expect(hubOf('2.3.0', { ...value, hub_party_id: null })).toBeUndefined()
    expect(hubOf('2.3.0', { ...value, hub_party_id: 'BEHB' })).toMatch(/^hub_party_id must have 5/)
  })

  it('reads the flat object of 2.1.1 as one party without role (R34)', () => {
    const flat = {
      token: 'token-b',
      url: 'https://peer.example/cpo/versions',
      business_details: { name: 'Old CPO' },
      party_id: 'OLD',
      country_code: 'FR',
    }
    const reading = readCredentials(flat, '2.1.1')
    expect(reading.ok && reading.value.roles).toEqual([
      { countryCode: 'FR', partyId: 'OLD', name: 'Old CPO', businessDetails: { name: 'Old CPO' } },
    ])
  })

  it('ignores unknown members and keeps unknown roles in upper case (R95, T14)', () => {
    const reading = readCredentials(
      { ...peer({ ...role('NL', 'TNM', 'ptp'), more: 1 }), hub_party_id: 'NLTNM' },
      '2.3.0',
    )
    expect(reading.ok && reading.value.roles.map((one) => one.role)).toEqual(['PTP'])
  })

  it('takes a role without business_details (R112)', () => {
    const bare = { role: 'CPO', country_code: 'DE', party_id: 'CPO', business_details: null }
    expect(readCredentials(peer(bare), '2.2.1')).toMatchObject({ ok: true })
    const { business_details: _, ...without } = bare
    expect(readCredentials(peer(without), '2.2.1')).toMatchObject({ ok: true })
  })

  it.each([
    ['token', { ...peer(role('NL', 'TNM', 'EMSP')), token: 'with blank' }],
    ['token', { ...peer(role('NL', 'TNM', 'EMSP')), token: undefined }],
    ['url', { ...peer(role('NL', 'TNM', 'EMSP')), url: 'ftp://peer.example/' }],
    ['url', { ...peer(role('NL', 'TNM', 'EMSP')), url: 'https://user:pass@peer.example/' }],
    ['url', { ...peer(role('NL', 'TNM', 'EMSP')), url: `https://peer.example/${'a'.repeat(3000)}` }],
    ['roles', peer()],
    ['roles', { ...peer(), roles: {} }],
    ['roles.0', peer('EMSP')],
    ['roles.1.party_id', peer(role('NL', 'TNM', 'EMSP'), role('NL', 'TOOLONG', 'CPO'))],
    ['roles.0.country_code', peer(role('NLD', 'TNM', 'EMSP'))],
    ['roles.0.role', peer(role('NL', 'TNM', ''))],
    ['country_code', peer(role('N\n', 'TNM', 'EMSP'))],
    ['the credentials object', []],
    ['the credentials object', null],
  ])('names %s when it is wrong', (member, value) => {
    expect(problemOf(value)).toMatch(new RegExp(`^${member.replaceAll('.', String.raw`\.`)} `))
  })

  it('takes tokens as long as it says it does', () => {
    const withToken = (token: string) => problemOf({ ...peer(role('NL', 'TNM', 'EMSP')), token })
    expect(withToken('x'.repeat(256))).toBeUndefined()
    expect(withToken('x'.repeat(257))).toBe('token must be 1 to 256 visible ASCII characters without blanks')
  })

  it('refuses a party twice in one role, whatever the case (R35)', () => {
    expect(problemOf(peer(role('NL', 'TNM', 'EMSP'), role('nl', 'tnm', 'emsp')))).toBe(
      'roles has NL-TNM as EMSP twice',
    )
    expect(problemOf(peer(role('NL', 'TNM', 'EMSP'), role('NL', 'TNM', 'CPO')))).toBeUndefined()
  })

  it('drops business_details that are too large or nested too deep, and keeps the name', () => {
    const large = {
      ...role('NL', 'TNM', 'EMSP'),
      business_details: { name: 'TNM', logo: 'x'.repeat(10_000) },
    }
    const deep = `{"name":"TNM","logo":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    const nested = { ...role('DE', 'CPO', 'CPO'), business_details: JSON.parse(deep) as unknown }
    const reading = readCredentials(peer(large, nested), '2.2.1')
    expect(reading.ok && reading.value.roles).toEqual([
      { countryCode: 'NL', partyId: 'TNM', role: 'EMSP', name: 'TNM' },
      { countryCode: 'DE', partyId: 'CPO', role: 'CPO', name: 'TNM' },
    ])
  })

  it('never throws, whatever JSON comes', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(...(Object.keys(VERSIONS) as VersionNumber[])),
        (value, version) => {
          readCredentials(value, version)
          readCredentials({ ...peer(), roles: value, token: value, url: value }, version)
        },
      ),
    )
  })
})

describe("the hub's own credentials", () => {
  const own = {
    token: 'token-c',
    url: 'https://hub.example/ocpi/versions',
    hub: { countryCode: 'NL', partyId: 'HUB', name: 'Example Hub' },
    reachable: [
      { countryCode: 'DE', partyId: 'CPO', role: 'CPO', name: 'CPO Ltd' },
      {
        countryCode: 'DE',
        partyId: 'PAY',
        role: 'PTP',
        businessDetails: { name: 'Pay', website: 'https://pay.example' },
      },
      { countryCode: 'DE', partyId: 'PAY', role: 'OTHER' },
      { countryCode: 'BE', partyId: 'HBB', role: 'HUB' },
    ],
  }

  it('are the hub alone as HUB in 2.2 and 2.2.1 (R36)', () => {
    for (const version of ['2.2', '2.2.1'] as const) {
      expect(writeCredentials(own, { version, knowsPtp: false })).toEqual({
        token: 'token-c',
        url: 'https://hub.example/ocpi/versions',
        roles: [
          { role: 'HUB', business_details: { name: 'Example Hub' }, party_id: 'HUB', country_code: 'NL' },
        ],
      })
    }
  })

  it('are flat in 2.1.1 (R34)', () => {
    expect(writeCredentials(own, { version: '2.1.1', knowsPtp: false })).toEqual({
      token: 'token-c',
      url: 'https://hub.example/ocpi/versions',
      business_details: { name: 'Example Hub' },
      party_id: 'HUB',
      country_code: 'NL',
    })
  })

  it('list the reachable parties and hub_party_id in 2.3.0, nobody as HUB and nobody twice (R37, R38, T13, T14)', () => {
    expect(writeCredentials(own, { version: '2.3.0', knowsPtp: false })).toEqual({
      token: 'token-c',
      url: 'https://hub.example/ocpi/versions',
      hub_party_id: 'NLHUB',
      roles: [
        { role: 'CPO', business_details: { name: 'CPO Ltd' }, party_id: 'CPO', country_code: 'DE' },
        {
          role: 'OTHER',
          business_details: { name: 'Pay', website: 'https://pay.example' },
          party_id: 'PAY',
          country_code: 'DE',
        },
        { role: 'OTHER', business_details: { name: 'BE-HBB' }, party_id: 'HBB', country_code: 'BE' },
      ],
    })
  })

  it('report PTP to a platform that knows it (T14)', () => {
    const written = writeCredentials(own, { version: '2.3.0', knowsPtp: true })
    expect((written.roles as { role: string }[]).map((one) => one.role)).toEqual([
      'CPO',
      'PTP',
      'OTHER',
      'OTHER',
    ])
  })

  it('list the hub as OTHER when nobody is reachable in 2.3.0 (T13)', () => {
    expect(writeCredentials({ ...own, reachable: [] }, { version: '2.3.0', knowsPtp: false }).roles).toEqual([
      { role: 'OTHER', business_details: { name: 'Example Hub' }, party_id: 'HUB', country_code: 'NL' },
    ])
  })
})
