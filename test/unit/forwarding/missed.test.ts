// Which journal entries are missed pushes, how they are counted, and what a pull clears.

import { describe, expect, it } from 'vitest'
import { readMissedPush } from '../../../src/forwarding/missed-entry.ts'
import { createMissed, PATHS_MAX } from '../../../src/forwarding/missed.ts'
import type { JournalEntry } from '../../../src/journal/journal-entry.ts'

const START = Date.parse('2026-03-01T12:00:00.000Z')

/** A push of DE-CPO to NL-EMS that failed `seconds` after the start. */
function entry(members: Partial<JournalEntry> = {}, seconds = 0): JournalEntry {
  return {
    reference: `R${seconds}`,
    time: new Date(START + seconds * 1_000).toISOString(),
    author: 'hub',
    code: 4003,
    fault: 'connection_refused',
    at: 'responder',
    reached: 'no',
    recovery: 'wait',
    http_status: 200,
    from: 'DE-CPO',
    to: 'NL-EMS',
    module: 'locations',
    interface: 'RECEIVER',
    method: 'PUT',
    path: '/ocpi/2.2.1/receiver/locations/DE/CPO/LOC1',
    mode: 'direct',
    request_id: 'r',
    correlation_id: 'c',
    duration_ms: 1,
    ...members,
  }
}

describe('a missed push', () => {
  it('is told from the entry: receiver, module, sender, object', () => {
    expect(readMissedPush(entry())).toEqual({
      receiver: 'NL-EMS',
      module: 'locations',
      from: 'DE-CPO',
      path: '/DE/CPO/LOC1',
      at: START,
    })
  })

  it('of a broadcast has the owner of the object as sender, not the hub', () => {
    const leg = entry({
      mode: 'broadcast',
      from: 'NL-HUB',
      path: '/ocpi/2.2.1/receiver/tariffs/de/cpo/T1',
      module: 'tariffs',
    })
    expect(readMissedPush(leg)).toMatchObject({ from: 'DE-CPO', module: 'tariffs', path: '/de/cpo/T1' })
    expect(readMissedPush({ ...leg, at: 'requester', fault: 'rate_limited' })).toBeDefined()
  })

  it.each<[string, Partial<JournalEntry>]>([
    ['a question', { method: 'GET' }],
    ['a request to the SENDER interface', { interface: 'SENDER', method: 'POST' }],
    ['a command, which has no list', { module: 'commands', method: 'POST' }],
    ['a mistake of the sender', { at: 'requester', fault: 'to_unknown', code: 4001 }],
    ['a refusal by the receiver itself', { author: 'responder', code: 2001 }],
    ['a success that was kept', { author: 'responder', code: 1000 }],
    ['a module without list', { module: 'nltnm-custom' }],
  ])('is not %s', (_what, members) => {
    const { fault: _fault, at: _at, ...plain } = entry()
    const isFault = 'fault' in members || !('author' in members)
    expect(readMissedPush({ ...(isFault ? entry() : plain), ...members })).toBeUndefined()
  })

  it('is also one that the receiver failed to process (3xxx)', () => {
    const { fault: _fault, at: _at, ...plain } = entry()
    expect(readMissedPush({ ...plain, author: 'responder', code: 3000 })).toBeDefined()
  })
})

describe('missed pushes', () => {
  it('are counted per module and sender, with the first, the last and the objects', () => {
    const missed = createMissed()
    expect(missed.isEmpty()).toBe(true)
    missed.add([entry({}, 0), entry({ path: '/ocpi/2.2.1/receiver/locations/DE/CPO/LOC2' }, 5)])
    missed.add([entry({ module: 'cdrs', method: 'POST', path: '/ocpi/2.2.1/receiver/cdrs' }, 3)])
    missed.add([entry({ from: 'BE-CPO' }, 4), entry({ to: 'FR-EMS' }, 4)])
    expect(missed.isEmpty()).toBe(false)
    expect(missed.count('NL-EMS')).toBe(4)
    expect(missed.of('NL-EMS')).toMatchObject([
      { module: 'cdrs', from: 'DE-CPO', count: 1, paths: [''] },
      { module: 'locations', from: 'BE-CPO', count: 1 },
      {
        module: 'locations',
        from: 'DE-CPO',
        count: 2,
        first: START,
        last: START + 5_000,
        paths: ['/DE/CPO/LOC1', '/DE/CPO/LOC2'],
      },
    ])
    expect(missed.of('XX-XXX')).toEqual([])
  })

  it('keep the newest paths and the number of all', () => {
    const missed = createMissed()
    const many = Array.from({ length: PATHS_MAX + 50 }, (_, index) =>
      entry({ path: `/ocpi/2.2.1/receiver/locations/DE/CPO/L${index}` }, index),
    )
    // As the journal is read: the newest first, in pages.
    for (const page of [many.slice(100), many.slice(0, 100)]) missed.add(page.toReversed())
    const [pair] = missed.of('NL-EMS')
    expect(pair).toMatchObject({ count: PATHS_MAX + 50, first: START })
    expect(pair!.paths).toHaveLength(PATHS_MAX)
    expect(pair!.paths.at(-1)).toBe(`/DE/CPO/L${PATHS_MAX + 49}`)
  })

  const pull = { receiver: 'NL-EMS', from: 'DE-CPO', module: 'LOCATIONS', since: 0, until: Infinity }

  it('are cleared by a pull of that module from that sender alone', () => {
    const told: [string, number][] = []
    const missed = createMissed({ onCleared: (pair, until) => void told.push([pair, until]) })
    missed.add([entry(), entry({ from: 'BE-CPO' }), entry({ module: 'tariffs' }), entry({ to: 'FR-EMS' })])
    missed.pulled({ ...pull, until: START + 1 })
    expect(missed.of('NL-EMS').map(({ module, from }) => `${module} ${from}`)).toEqual([
      'locations BE-CPO',
      'tariffs DE-CPO',
    ])
    expect(missed.count('FR-EMS')).toBe(1)
    expect(told).toEqual([['NL-EMS locations DE-CPO', START + 1]])
  })

  it('stay if they came during the pull, or lie outside of what was asked for', () => {
    const missed = createMissed()
    missed.add([entry({}, 0), entry({}, 10), entry({}, 20)])
    missed.pulled({ ...pull, since: START + 5_000, until: START + 15_000 })
    expect(missed.of('NL-EMS')).toMatchObject([{ count: 2, first: START, last: START + 20_000 }])
    missed.pulled({ ...pull, until: START + 20_000 })
    expect(missed.of('NL-EMS')).toMatchObject([{ count: 1, first: START + 20_000 }])
    missed.pulled({ ...pull, until: START + 20_001 })
    expect(missed.isEmpty()).toBe(true)
  })

  it('that another hub saw pulled are not counted, whenever they are told', () => {
    const missed = createMissed()
    missed.add([entry({}, 0)])
    missed.forget({ 'NL-EMS locations DE-CPO': START + 5_000 })
    expect(missed.isEmpty()).toBe(true)
    missed.add([entry({}, 1), entry({}, 6)])
    expect(missed.of('NL-EMS')).toMatchObject([{ count: 1, first: START + 6_000 }])
  })

  it('are bounded', () => {
    const missed = createMissed()
    const pairs = Array.from({ length: 10_100 }, (_, index) =>
      entry({ to: `NL-${index.toString(36).padStart(3, '0').toUpperCase()}` }),
    )
    missed.add(pairs)
    expect(missed.count('NL-000')).toBe(1)
    expect(missed.count(pairs.at(-1)!.to!)).toBe(0)
  })
})
