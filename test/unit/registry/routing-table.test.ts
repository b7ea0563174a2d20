// The snapshot that requests are routed with.

import { describe, expect, it } from 'vitest'
import { buildRoutingTable } from '../../../src/registry/routing-table.ts'
import { hash, platform, role } from '../../support/platforms.ts'

describe('the routing table', () => {
  it('finds platforms by id, party in any spelling, and token', () => {
    const acme = platform('acme', { roles: [role('nl-cpo CPO'), role('NL-CPO EMSP'), role('DE-EMS EMSP')] })
    const table = buildRoutingTable([acme], 7)
    expect(table.revision).toBe(7)
    expect(table.connections.get('acme')?.platform).toBe(acme)
    expect(table.parties.get('NL-CPO')?.map((entry) => entry.role.role)).toEqual(['CPO', 'EMSP'])
    expect(table.tokens.get(hash('inbound acme'))?.token.purpose).toBe('credentials')
  })

  it('has the header for requests to a platform ready, in the form the platform wants', () => {
    const [one, other] = [
      platform('one', { outbound: { token: 'token', form: 'base64' } }),
      platform('other', { outbound: { token: 'token', form: 'raw' } }),
    ]
    const { outbound: _, ...without } = platform('without')
    const { connections } = buildRoutingTable([one, other, without], 1)
    expect([...connections.values()].map((connection) => connection.authorization)).toEqual([
      'Token dG9rZW4=',
      'Token token',
      '',
    ])
  })

  it('leaves out endpoints with unusable URLs and takes the first of several (T27)', () => {
    const endpoints = [
      { module: 'bookings', role: 'SENDER', url: 'ftp://acme.example' },
      { module: 'bookings', role: 'SENDER', url: 'https://acme.example/first' },
      { module: 'Booking', role: 'SENDER', url: 'https://acme.example/second' },
    ] as const
    const connection = buildRoutingTable([platform('acme', { endpoints })], 1).connections.get('acme')!
    expect(connection.endpoint('booking', 'SENDER')?.target.path).toBe('/first')
    expect(connection.endpoint('booking', 'RECEIVER')).toBeUndefined()
  })

  it('names the only party of a platform, withdrawn ones not counted (T5, T23)', () => {
    const soleParty = (roles: ReturnType<typeof role>[]) =>
      buildRoutingTable([platform('acme', { roles })], 1).connections.get('acme')?.soleParty
    expect(soleParty([role('NL-CPO CPO'), role('nl-cpo EMSP')])).toMatchObject({ partyId: 'CPO' })
    expect(soleParty([role('NL-CPO CPO'), { ...role('NL-EMS EMSP'), withdrawn: true }])).toMatchObject({
      partyId: 'CPO',
    })
    expect(soleParty([role('NL-CPO CPO'), role('NL-EMS EMSP')])).toBeUndefined()
    expect(soleParty([])).toBeUndefined()
  })

  it('gives a withdrawn role of a connected platform as SUSPENDED (T23)', () => {
    const roles = [role('NL-CPO CPO'), { ...role('NL-EMS EMSP'), withdrawn: true as const }]
    const { parties } = buildRoutingTable([platform('acme', { roles })], 1)
    expect(parties.get('NL-CPO')?.[0]?.status).toBe('CONNECTED')
    expect(parties.get('NL-EMS')?.[0]?.status).toBe('SUSPENDED')
  })

  it('never lets a later platform displace the token of an earlier one', () => {
    const [first, second] = [platform('first'), platform('second', { inbound: platform('first').inbound })]
    const { tokens } = buildRoutingTable([first, second], 1)
    expect(tokens.get(hash('inbound first'))?.connection.platform.id).toBe('first')
  })

  it('takes connections of unchanged platforms over from the snapshot before, and builds those of changed ones', () => {
    const [same, changing] = [platform('same'), platform('changing')]
    const before = buildRoutingTable([same, changing], 1)
    const after = buildRoutingTable([same, { ...changing, status: 'OFFLINE' }], 2, before)
    expect(after.connections.get('same')).toBe(before.connections.get('same'))
    expect(after.connections.get('changing')?.platform.status).toBe('OFFLINE')
    expect(before.connections.get('changing')?.platform.status).toBe('CONNECTED')
  })
})
