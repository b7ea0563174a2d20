// Which parties do not count because they are connected elsewhere (T16, T25).

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Platform, ReportedRole } from '../../../src/registry/platform.ts'
import {
  buildRoutingTable,
  changesOf,
  type PartyEntry,
  type RoutingTable,
} from '../../../src/registry/routing-table.ts'
import { platform, role } from '../../support/platforms.ts'

/** A party as a hub reported it: `DE-CPO CPO OFFLINE`, since a day of January. */
function reported(text: string, day = 1): ReportedRole {
  const status = text.split(' ')[2] as ReportedRole['reported']
  const plain = { ...role(text), created: `2026-01-0${day}T00:00:00.000Z` }
  return status === 'SUSPENDED'
    ? { ...plain, reported: status, withdrawn: true }
    : { ...plain, reported: status ?? 'CONNECTED' }
}

function hub(id: string, behind: readonly ReportedRole[], changes: Partial<Platform> = {}): Platform {
  return platform(id, { roles: [role(`NL-${id.toUpperCase()} HUB`)], behind, ...changes })
}

/** `platform status` of all that count, for one party. */
function whoHas(table: RoutingTable, key: string): string[] {
  return (table.parties.get(key) ?? []).map(
    ({ connection, status, behind }) => `${connection.platform.id} ${status}${behind ? ' behind' : ''}`,
  )
}

/** What is left of a platform that has deleted its credentials. */
function unregistered(before: Platform): Platform {
  return { ...before, status: 'SUSPENDED', inbound: [], endpoints: [] }
}

const tableOf = (...platforms: Platform[]) => buildRoutingTable(platforms, 1)

describe('a party behind a hub (T25)', () => {
  it('is a party of that platform, in the worse of the two statuses', () => {
    const behind = [
      'DE-CPO CPO CONNECTED',
      'DE-OFF CPO OFFLINE',
      'DE-NEW CPO PLANNED',
      'DE-OLD CPO SUSPENDED',
    ]
    const statuses = (status: Platform['status']) => {
      const table = tableOf(
        hub(
          'hb2',
          behind.map((text) => reported(text)),
          { status },
        ),
      )
      return ['DE-CPO', 'DE-OFF', 'DE-NEW', 'DE-OLD'].map((key) => whoHas(table, key)[0]!.split(' ')[1])
    }
    expect(statuses('CONNECTED')).toEqual(['CONNECTED', 'OFFLINE', 'PLANNED', 'SUSPENDED'])
    expect(statuses('OFFLINE')).toEqual(['OFFLINE', 'OFFLINE', 'PLANNED', 'SUSPENDED'])
    expect(statuses('SUSPENDED')).toEqual(['SUSPENDED', 'SUSPENDED', 'SUSPENDED', 'SUSPENDED'])
  })

  it('may be FROM of that platform unless it was reported SUSPENDED (R50)', () => {
    const table = tableOf(hub('hb2', [reported('DE-CPO CPO OFFLINE'), reported('DE-OLD CPO SUSPENDED')]))
    const { parties, soleParty } = table.connections.get('hb2')!
    expect(parties.get('DE-CPO')?.some(({ role: one }) => !one.withdrawn)).toBe(true)
    expect(parties.get('DE-OLD')?.some(({ role: one }) => !one.withdrawn)).toBe(false)
    expect(soleParty).toBeUndefined()
  })

  it('yields to who has the party itself, in whatever role, and comes back when that one has left', () => {
    const behind = hub('hb2', [reported('DE-CPO EMSP')])
    const own = platform('acme', { roles: [role('DE-CPO CPO')] })
    expect(whoHas(tableOf(behind), 'DE-CPO')).toEqual(['hb2 CONNECTED behind'])
    for (const status of ['CONNECTED', 'OFFLINE'] as const) {
      const table = tableOf({ ...own, status }, behind)
      expect(whoHas(table, 'DE-CPO')).toEqual([`acme ${status}`])
      expect(table.connections.get('hb2')!.parties.has('DE-CPO')).toBe(false)
    }
    expect(whoHas(tableOf(unregistered(own), behind), 'DE-CPO')).toEqual([
      'acme SUSPENDED',
      'hb2 CONNECTED behind',
    ])
    const withdrawn = { ...own, roles: [{ ...role('DE-CPO CPO'), withdrawn: true as const }] }
    expect(whoHas(tableOf(withdrawn, behind), 'DE-CPO')).toEqual(['acme SUSPENDED', 'hb2 CONNECTED behind'])
  })

  it('yields also to a platform that is not connected yet, or that the operator has suspended', () => {
    const behind = hub('hb2', [reported('DE-CPO CPO')])
    const own = platform('acme', { roles: [role('DE-CPO CPO')] })
    const inFile = { ...own, source: 'file', inbound: [] } as const
    for (const shut of [own, inFile]) {
      for (const status of ['PLANNED', 'SUSPENDED'] as const) {
        const table = tableOf({ ...shut, status }, behind)
        expect(whoHas(table, 'DE-CPO')).toEqual([`acme ${status}`])
        expect(table.connections.get('hb2')!.parties.has('DE-CPO')).toBe(false)
      }
    }
  })

  it('of two hubs is behind the one that reported it first, as long as that one stands by it', () => {
    const first = hub('hb3', [reported('DE-CPO CPO', 1)])
    const second = hub('hb2', [reported('DE-CPO CPO', 2)])
    expect(whoHas(tableOf(second, first), 'DE-CPO')).toEqual(['hb3 CONNECTED behind'])
    expect(whoHas(tableOf(second, { ...first, status: 'OFFLINE' }), 'DE-CPO')).toEqual(['hb3 OFFLINE behind'])
    const left = hub('hb3', [reported('DE-CPO CPO SUSPENDED', 1)])
    expect(whoHas(tableOf(second, left), 'DE-CPO')).toEqual(['hb2 CONNECTED behind'])
    expect(whoHas(tableOf(second, { ...first, status: 'SUSPENDED' }), 'DE-CPO')).toEqual([
      'hb2 CONNECTED behind',
    ])
  })

  it('a hub that has a party itself and reports it too keeps both', () => {
    const both = hub('hb2', [reported('DE-CPO EMSP')], { roles: [role('NL-HB2 HUB'), role('DE-CPO CPO')] })
    expect(whoHas(tableOf(both), 'DE-CPO')).toEqual(['hb2 CONNECTED', 'hb2 CONNECTED behind'])
  })
})

describe('a party that may move (T16)', () => {
  const old = platform('old', { roles: [{ ...role('DE-CPO CPO'), movingTo: 'new' }, role('DE-CPO EMSP')] })
  const next = platform('new', { roles: [role('DE-CPO CPO')] })

  it('stays where it is until it is connected where it may move to', () => {
    expect(whoHas(tableOf(old), 'DE-CPO')).toEqual(['old CONNECTED', 'old CONNECTED'])
    const planned = tableOf({ ...next, status: 'PLANNED' }, old)
    expect(whoHas(planned, 'DE-CPO')).toEqual(['new PLANNED', 'old CONNECTED', 'old CONNECTED'])
  })

  it('then counts there alone, in that role, and is no FROM of the old platform in it', () => {
    const table = tableOf(next, old)
    expect(
      table.parties
        .get('DE-CPO')
        ?.map(({ connection, role: its }) => `${connection.platform.id} ${its.role}`),
    ).toEqual(['new CPO', 'old EMSP'])
    expect(
      table.connections
        .get('old')!
        .parties.get('DE-CPO')
        ?.map(({ role: its }) => its.role),
    ).toEqual(['EMSP'])
    expect([...table.connections.get('old')!.yielded]).toEqual([old.roles[0]])
  })

  it('yields to nobody else', () => {
    const other = platform('other', { roles: [role('DE-CPO CPO')] })
    expect(whoHas(tableOf(old, other), 'DE-CPO')).toContain('old CONNECTED')
  })
})

const status = fc.constantFrom(
  'CONNECTED' as const,
  'OFFLINE' as const,
  'PLANNED' as const,
  'SUSPENDED' as const,
)
const partyText = fc.constantFrom('DE-AAA CPO', 'DE-AAA EMSP', 'DE-BBB CPO')
const held = fc.uniqueArray(fc.record({ text: partyText, movingTo: fc.option(fc.constantFrom('a', 'b')) }), {
  selector: ({ text }) => text,
})
const said = fc.uniqueArray(fc.record({ text: partyText, status, day: fc.integer({ min: 1, max: 9 }) }), {
  selector: ({ text }) => text,
})

interface Drawn {
  readonly id: string
  readonly status: Platform['status']
  /** Suspended because it has unregistered. */
  readonly left: boolean
  readonly held: readonly { readonly text: string; readonly movingTo: string | null }[]
  readonly said: readonly { readonly text: string; readonly status: string; readonly day: number }[]
}

/** Hubs report, the others hold, some of it on the move. */
function toPlatform({ id, status: its, left, held: roles, said: reports }: Drawn): Platform {
  if (id.startsWith('h')) {
    return hub(
      id,
      reports.map((one) => reported(`${one.text} ${one.status}`, one.day)),
      { status: its },
    )
  }
  const changes = its === 'SUSPENDED' && left ? { inbound: [] } : {}
  return platform(id, {
    ...changes,
    status: its,
    roles: roles.map(({ text, movingTo }) => ({ ...role(text), ...(movingTo === null ? {} : { movingTo }) })),
  })
}

/** Nobody is told by a hub who has a platform of his own, and of two hubs only one tells. */
function expectHomeFirst(entries: readonly PartyEntry[]): void {
  const present = ({ status: its, connection }: PartyEntry): boolean =>
    its !== 'SUSPENDED' || connection.platform.inbound.length > 0
  const told = entries.filter(({ behind }) => behind)
  const tellers = new Set(told.map(({ connection }) => connection.platform.id))
  if (entries.some((one) => !one.behind && present(one))) expect(told).toEqual([])
  else if (told.some(({ status: its }) => its !== 'SUSPENDED')) expect(tellers.size).toBe(1)
}

/** Who has the parties of hubs and movers, and what those platforms may speak for. */
function contentOf(table: RoutingTable): unknown {
  const mine = [...table.parties.keys()].filter((key) => !key.startsWith('SE-')).sort()
  const ids = [...table.connections.keys()].filter((id) => !/^p\d/.test(id)).sort()
  return {
    parties: mine.map((key) => [key, whoHas(table, key).sort()]),
    spoken: ids.map((id) => [id, [...table.connections.get(id)!.parties.keys()].sort()]),
    counts: [table.parties.size, table.connections.size],
  }
}

describe('a table made from the one before', () => {
  /** The same as one built whole, whatever it was made of. */
  function expectSame(platforms: readonly Platform[], before: RoutingTable): RoutingTable {
    const after = buildRoutingTable(platforms, 2, before)
    const whole = buildRoutingTable(platforms, 2)
    expect(contentOf(after)).toEqual(contentOf(whole))
    expect(after.contested).toEqual(whole.contested)
    return after
  }

  // So many others that a change is patched in, not built whole.
  const others = Array.from({ length: 60 }, (_, index) =>
    platform(`p${index}`, { roles: [role(`SE-${String(index).padStart(3, '0')} CPO`)] }),
  )
  const statuses = ['CONNECTED', 'OFFLINE', 'PLANNED', 'SUSPENDED'] as const

  it('is the one that would be built, for every change of who has a party and who reports it', () => {
    const states: Platform[][] = []
    for (const own of statuses) {
      for (const said of statuses) {
        for (const moving of [false, true]) {
          const roles = [moving ? { ...role('DE-CPO CPO'), movingTo: 'third' } : role('DE-CPO CPO')]
          states.push([
            platform('acme', { roles, status: own }),
            hub('hb2', [reported(`DE-CPO CPO ${said}`), reported('DE-ONE CPO')]),
            platform('third', {
              roles: [role('DE-CPO CPO')],
              status: said === 'OFFLINE' ? 'CONNECTED' : 'SUSPENDED',
            }),
          ])
        }
      }
    }
    for (const from of states) {
      const before = buildRoutingTable([...others, ...from], 1)
      for (const to of states) expectSame([...others, ...to], before)
    }
  })

  it('names whoever had to yield among what has changed', () => {
    const behind = hub('hb2', [reported('DE-CPO CPO')])
    const before = buildRoutingTable([...others, behind], 1)
    const after = expectSame([...others, behind, platform('acme', { roles: [role('DE-CPO CPO')] })], before)
    expect(changesOf(after, before).map(({ now }) => now?.platform.id)).toEqual(['hb2', 'acme'])
  })

  it('is the one that would be built after any changes, and no hub speaks for who has a platform', () => {
    const state = fc.array(
      fc.record({ id: fc.constantFrom('a', 'b', 'h1', 'h2'), status, left: fc.boolean(), held, said }),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(fc.array(state, { minLength: 2, maxLength: 5 }), (sequence) => {
        let table = buildRoutingTable(others, 1)
        for (const drawn of sequence) {
          const unique = [...new Map(drawn.map((one) => [one.id, one])).values()]
          table = expectSame([...others, ...unique.map(toPlatform)], table)
          for (const entries of table.parties.values()) expectHomeFirst(entries)
        }
      }),
      { numRuns: 80 },
    )
  })
})
