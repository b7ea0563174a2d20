// The snapshot that requests are routed with.

import { describe, expect, it } from 'vitest'
import { buildRoutingTable, changesOf, type RoutingTable } from '../../../src/registry/routing-table.ts'
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

describe('a table made from the one before', () => {
  const numbers = Array.from({ length: 60 }, (_, number) => number)
  const many = numbers.map((number) =>
    platform(`p${number}`, {
      roles: [role(`SE-${String(number).padStart(3, '0')} CPO`), role('NL-ALL NSP')].slice(
        0,
        number < 3 ? 2 : 1,
      ),
    }),
  )

  /** Everything that can be read of it, in its order. */
  const content = (table: RoutingTable) => ({
    connections: [...table.connections].map(([id, { platform: its }]) => [id, its]),
    parties: [...table.parties].map(([key, entries]) => [
      key,
      entries.map(({ connection, role: its, status }) => [connection.platform, its, status]),
    ]),
    tokens: [...table.tokens].map(([token, found]) => [token, found.connection.platform, found.token]),
  })

  it('is the same as one built whole, whatever has changed', () => {
    let platforms = many
    let table = buildRoutingTable(platforms, 0)
    let random = 1
    const next = (below: number) => (random = (random * 48_271) % 2_147_483_647) % below
    for (let turn = 1; turn < 200; turn++) {
      const at = next(platforms.length)
      const old = platforms[at]!
      const fresh = platform(`n${turn}`, { roles: [role(`FI-${String(turn).padStart(3, '0')} EMSP`)] })
      const changes = [
        () => platforms.with(at, { ...old, status: next(2) ? 'SUSPENDED' : 'OFFLINE' }),
        () => platforms.with(at, { ...old, status: 'CONNECTED', endpoints: [] }),
        () => platforms.with(at, { ...old, roles: [...old.roles, role(`DK-${next(900) + 100} CPO`)] }),
        () => platforms.with(at, { ...old, inbound: [{ hash: `t${turn}`, purpose: 'credentials' }] }),
        () => platforms.toSpliced(at, 1),
        () => [...platforms, fresh],
        () => platforms,
      ]
      // Mostly a status, as in operation.
      const change = changes[next(3) ? 0 : next(changes.length)]!
      platforms = change() as typeof platforms
      const before = table
      const seen = content(before)
      table = buildRoutingTable(platforms, turn, before)
      expect(content(table)).toEqual(content(buildRoutingTable(platforms, turn)))
      expect(table.revision).toBe(turn)
      // Whoever has read the table before goes on with that one.
      expect(content(before)).toEqual(seen)
    }
  })

  it('reads like any map', () => {
    const before = buildRoutingTable(many, 0)
    const changed = many.with(7, { ...many[7]!, status: 'OFFLINE' })
    const { connections } = buildRoutingTable(changed, 1, before)
    expect(connections.size).toBe(many.length)
    expect(connections.get('p7')?.platform.status).toBe('OFFLINE')
    expect(connections.get('p8')).toBe(before.connections.get('p8'))
    expect([connections.has('p7'), connections.has('none'), connections.get('none')]).toEqual([
      true,
      false,
      undefined,
    ])
    const seen: string[] = []
    connections.forEach(({ platform: { status } }, id, map) => {
      expect(map).toBe(connections)
      if (status === 'OFFLINE') seen.push(id)
    })
    expect(seen).toEqual(['p7'])
    expect([...connections.keys()]).toEqual(many.map(({ id }) => id))
    expect([...connections.values()].map(({ platform: its }) => its)).toEqual(changed)
  })

  it('tells what has changed by the objects alone', () => {
    const before = buildRoutingTable(many, 0)
    const after = buildRoutingTable([...many.slice(1).with(1, { ...many[2]! }), platform('new')], 1, before)
    expect(changesOf(after, before).map(({ old, now }) => [old?.platform.id, now?.platform.id])).toEqual([
      ['p2', 'p2'],
      [undefined, 'new'],
      ['p0', undefined],
    ])
  })
})
