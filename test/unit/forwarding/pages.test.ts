// GET ALL's arithmetic (R64, T17): whatever the owners' page caps, a crawl gives every object once, in stable order.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advance,
  nextOwner,
  type Owner,
  ownerQuery,
  planPage,
  type Position,
  positionAt,
  readCount,
  readGetAllQuery,
  resumeAt,
  totalOf,
} from '../../../src/forwarding/pages.ts'

/** An owner with objects, the largest page it gives, and which headers it sends. */
interface Simulated {
  readonly key: string
  readonly objects: readonly string[]
  readonly cap: number
  readonly sendsTotal: boolean
  readonly sendsLink: boolean
  readonly heedsLimit: boolean
}

function ask(owner: Simulated, offset: number, limit: number) {
  const end = owner.heedsLimit ? offset + Math.min(limit, owner.cap) : owner.objects.length
  const objects = owner.objects.slice(offset, end)
  const total = owner.objects.length
  return {
    objects,
    count: objects.length,
    ...(owner.sendsTotal ? { total } : {}),
    more: owner.sendsLink && offset + objects.length < total,
  }
}

/** One page as the hub makes it: plan, take answers in order, plan anew where they fall short. */
function readPage(simulated: readonly Simulated[], owners: readonly Owner[], from: Position, limit: number) {
  const objects: string[] = []
  let position: Position | undefined = from
  while (position && objects.length < limit) {
    for (const { key, offset, limit: wanted } of planPage(owners, position, limit - objects.length)) {
      if (position?.key !== key || position.offset !== offset) break
      const page = ask(simulated.find((owner) => owner.key === key)!, offset, wanted)
      objects.push(...page.objects)
      position = advance(owners, position, page)
    }
  }
  return { objects, position }
}

const owner = fc.record({
  size: fc.nat(12),
  cap: fc.integer({ min: 1, max: 7 }),
  sendsTotal: fc.boolean(),
  heedsLimit: fc.boolean(),
})
const owners: fc.Arbitrary<Simulated[]> = fc.array(owner, { maxLength: 6 }).map((list) =>
  list.map(({ size, sendsTotal, ...rest }, index) => ({
    ...rest,
    key: `NL-C${String(index).padStart(2, '0')}`,
    objects: Array.from({ length: size }, (_, object) => `${index}/${object}`),
    sendsTotal,
    // One of the two is sent by every server that can be crawled at all.
    sendsLink: !sendsTotal || index % 2 === 0,
  })),
)

describe('a crawl', () => {
  it('gives every object exactly once in stable order, for any page caps of the owners (R71)', () => {
    fc.assert(
      fc.property(owners, fc.integer({ min: 1, max: 9 }), fc.boolean(), (simulated, limit, probed) => {
        const known = simulated.map(({ key, objects }) => (probed ? { key, total: objects.length } : { key }))
        const seen: string[] = []
        let position = positionAt(known, 0)
        while (position) {
          const page = readPage(simulated, known, position, limit)
          const over = simulated.some((item) => !item.heedsLimit)
          if (!over) expect(page.objects.length).toBeLessThanOrEqual(limit)
          if (!over && page.position) expect(page.objects.length).toBe(limit)
          seen.push(...page.objects)
          // Totals are known on the first page only.
          position =
            page.position &&
            resumeAt(
              simulated.map(({ key }) => ({ key })),
              page.position,
            )
        }
        expect(seen).toEqual(simulated.flatMap((item) => item.objects))
      }),
      { numRuns: 1_000 },
    )
  })

  it('begins at any offset of the combined list', () => {
    fc.assert(
      fc.property(owners, fc.nat(40), fc.integer({ min: 1, max: 9 }), (generated, offset, limit) => {
        const simulated = generated.map((item) => ({ ...item, heedsLimit: true }))
        const known = simulated.map(({ key, objects }) => ({ key, total: objects.length }))
        const all = simulated.flatMap((item) => item.objects)
        expect(totalOf(known)).toBe(all.length)
        const position = positionAt(known, offset)
        const page = position ? readPage(simulated, known, position, limit) : { objects: [], position }
        expect(page.objects).toEqual(all.slice(offset, offset + limit))
        expect(page.position === undefined).toBe(offset + limit >= all.length)
      }),
      { numRuns: 1_000 },
    )
  })

  it('goes past owners that disappear and takes in those that come later in the order', () => {
    const position = { key: 'NL-BBB', offset: 7 }
    expect(resumeAt([{ key: 'NL-AAA' }, { key: 'NL-BBB' }], position)).toEqual(position)
    expect(resumeAt([{ key: 'NL-AAA' }, { key: 'NL-CCC' }], position)).toEqual({ key: 'NL-CCC', offset: 0 })
    expect(resumeAt([{ key: 'NL-AAA' }], position)).toBeUndefined()
    expect(
      nextOwner([{ key: 'NL-AAA' }, { key: 'NL-BBB' }, { key: 'NL-CCC' }], { key: 'NL-AAA', offset: 3 }),
    ).toEqual({
      key: 'NL-BBB',
      offset: 0,
    })
  })

  it('ends when an owner that speaks of more gives nothing', () => {
    const only = [{ key: 'NL-AAA' }]
    expect(advance(only, { key: 'NL-AAA', offset: 5 }, { count: 0, total: 9, more: true })).toBeUndefined()
  })

  it('goes on when total and Link disagree: objects lost in silence are worse than one request too many', () => {
    const only = [{ key: 'NL-AAA' }]
    const at = { key: 'NL-AAA', offset: 0 }
    expect(advance(only, at, { count: 5, total: 5, more: true })).toEqual({ key: 'NL-AAA', offset: 5 })
    expect(advance(only, at, { count: 5, total: 6, more: false })).toEqual({ key: 'NL-AAA', offset: 5 })
    expect(advance(only, at, { count: 5, total: 5, more: false })).toBeUndefined()
  })

  it('has no next page when the owners left have nothing', () => {
    const known = [
      { key: 'NL-AAA', total: 2 },
      { key: 'NL-BBB', total: 0 },
    ]
    expect(advance(known, { key: 'NL-AAA', offset: 0 }, { count: 2, total: 2, more: false })).toBeUndefined()
    expect(positionAt([{ key: 'NL-BBB', total: 0 }], 0)).toBeUndefined()
  })
})

describe('planPage', () => {
  it('asks as many owners at once as their totals show to be needed', () => {
    const known = [
      { key: 'A', total: 3 },
      { key: 'B', total: 0 },
      { key: 'C', total: 2 },
      { key: 'D', total: 9 },
    ]
    expect(planPage(known, { key: 'A', offset: 1 }, 6)).toEqual([
      { key: 'A', offset: 1, limit: 6 },
      { key: 'C', offset: 0, limit: 4 },
      { key: 'D', offset: 0, limit: 2 },
    ])
    expect(planPage(known, { key: 'A', offset: 1 }, 2)).toEqual([{ key: 'A', offset: 1, limit: 2 }])
  })

  it('asks one owner while its pages are smaller than what is left of it', () => {
    const known = [
      { key: 'A', total: 9 },
      { key: 'B', total: 2 },
    ]
    const first = { key: 'A', offset: 2, limit: 20 }
    expect(planPage(known, { key: 'A', offset: 2 }, 20, 6)).toEqual([first])
    expect(planPage(known, { key: 'A', offset: 2 }, 20, 7)).toEqual([
      first,
      { key: 'B', offset: 0, limit: 13 },
    ])
  })

  it('asks one owner when its total is not known', () => {
    expect(planPage([{ key: 'A' }, { key: 'B', total: 1 }], { key: 'A', offset: 0 }, 6)).toEqual([
      { key: 'A', offset: 0, limit: 6 },
    ])
  })
})

describe('readGetAllQuery', () => {
  it.each([
    ['', { filters: '', offset: 0, limit: undefined }],
    ['?', { filters: '', offset: 0, limit: undefined }],
    ['?offset=5&limit=10', { filters: '', offset: 5, limit: 10 }],
    [
      '?date_from=2026-01-01T00%3A00%3A00Z&limit=10&date_to=2026-02-01T00:00:00Z&x&y==&offset=0',
      {
        filters: 'date_from=2026-01-01T00%3A00%3A00Z&date_to=2026-02-01T00:00:00Z&x&y==',
        offset: 0,
        limit: 10,
      },
    ],
    ['?cursor=abc.def', { cursor: 'abc.def' }],
    ['?limit=1&cursor=abc', { cursor: 'abc' }],
  ])('reads %j (T36)', (query, expected) => {
    expect(readGetAllQuery(query)).toEqual(expected)
  })

  it.each([
    ['?offset=-1', 'offset is no number from 0 up'],
    ['?offset=', 'offset is no number from 0 up'],
    ['?offset=1.5', 'offset is no number from 0 up'],
    ['?offset=1e3', 'offset is no number from 0 up'],
    ['?offset=9999999999999999', 'offset is no number from 0 up'],
    ['?offset=1&offset=2', 'offset stands twice'],
    ['?limit=5&limit=5', 'limit stands twice'],
    ['?limit=0', 'limit is no number from 1 up'],
    ['?limit=x', 'limit is no number from 1 up'],
    ['?limit=', 'limit is no number from 1 up'],
    [`?x=${'a'.repeat(3_000)}`, 'what is asked besides offset and limit has more than 2048 characters'],
  ])('refuses %s and says why', (query, problem) => {
    expect(readGetAllQuery(query)).toEqual({ problem })
  })

  it('reads what ownerQuery writes', () => {
    expect(ownerQuery('', 0, 50)).toBe('?offset=0&limit=50')
    const filters = 'date_from=2026-01-01T00:00:00Z&x=%2B'
    expect(readGetAllQuery(ownerQuery(filters, 20, 50))).toEqual({ filters, offset: 20, limit: 50 })
  })
})

describe('readCount', () => {
  it('reads whole numbers only', () => {
    expect(readCount(' 12 ')).toBe(12)
    for (const text of [undefined, '', '-1', '1.0', '0x1', '1,2', 'NaN', '1e9'])
      expect(readCount(text)).toBeUndefined()
  })
})
