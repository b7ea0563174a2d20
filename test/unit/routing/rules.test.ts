// Routes of the operator: which one applies to an exchange, what hides a party, how a route reads.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRule } from '../../../src/routing/describe-rule.ts'
import { readPartyPattern } from '../../../src/routing/party-pattern.ts'
import type { RouteRule } from '../../../src/routing/rule.ts'
import { compileRules, findRule, isDenied, type RuleFacts } from '../../../src/routing/rules.ts'

const FACTS = {
  from: 'NL-EMS',
  to: 'DE-CPO',
  module: 'locations',
  interface: 'SENDER',
  method: 'GET',
} as const

function matches(rule: RouteRule, facts: Partial<RuleFacts> = {}): boolean {
  return findRule(compileRules([rule]), { ...FACTS, ...facts }) !== undefined
}

describe('readPartyPattern', () => {
  it.each([
    ['*', {}],
    ['*-*', {}],
    ['NL-*', { countryCode: 'NL' }],
    ['nl-*', { countryCode: 'NL' }],
    ['*-CPO', { partyId: 'CPO' }],
    ['DE-CPO', { countryCode: 'DE', partyId: 'CPO' }],
    ['de-cpo', { countryCode: 'DE', partyId: 'CPO' }],
    ['DE*CPO', { countryCode: 'DE', partyId: 'CPO' }],
    ['DECPO', { countryCode: 'DE', partyId: 'CPO' }],
    [' FR-4x1 ', { countryCode: 'FR', partyId: '4X1' }],
  ])('reads %s', (text, expected) => {
    expect(readPartyPattern(text)).toEqual(expected)
  })

  it.each(['', '-', 'NL', 'NL-', 'NL-C*', 'N*-CPO', 'NLD-CPO', 'DE-CPOS', '**', '.*-CPO', 'none'])(
    'refuses %j',
    (text) => {
      expect(readPartyPattern(text)).toBeUndefined()
    },
  )
})

describe('findRule', () => {
  it.each<[string, RouteRule]>([
    ['no condition', {}],
    ['a party in any spelling', { from: ['nl*ems'], to: ['DECPO'] }],
    ['a country', { from: ['NL-*'] }],
    ['an id', { to: ['*-CPO'] }],
    ['anybody', { from: ['*'], to: ['*'] }],
    ['one of a list', { from: ['BE-ABC', 'NL-EMS'], module: ['cdrs', 'locations'], method: ['PUT', 'GET'] }],
    ['a module in any spelling', { module: ['LOCATIONS'] }],
    ['an interface', { interface: 'SENDER' }],
    [
      'everything at once',
      { from: ['NL-*'], to: ['DE-CPO'], module: ['locations'], interface: 'SENDER', method: ['get'] },
    ],
  ])('matches by %s', (_title, rule) => {
    expect(matches(rule)).toBe(true)
  })

  it.each<[string, RouteRule]>([
    ['another sender', { from: ['NL-EMT'] }],
    ['another country', { from: ['DE-*'] }],
    ['another receiver', { to: ['DE-CPX'] }],
    ['another module', { module: ['tariffs'] }],
    ['another interface', { interface: 'RECEIVER' }],
    ['another method', { method: ['POST'] }],
    ['no TO', { to: 'none' }],
    ['an empty list', { module: [] }],
  ])('does not match %s', (_title, rule) => {
    expect(matches(rule)).toBe(false)
  })

  it('takes "to: none" for a request without TO headers, and "to: *" for one with them', () => {
    expect(matches({ to: 'none' }, { to: undefined })).toBe(true)
    expect(matches({ to: ['*'] }, { to: undefined })).toBe(false)
    expect(matches({}, { to: undefined })).toBe(true)
  })

  it('knows the aliases of a module (T27)', () => {
    expect(matches({ module: ['bookings'] }, { module: 'Booking' })).toBe(true)
    expect(matches({ module: ['Booking'] }, { module: 'bookings' })).toBe(true)
    expect(matches({ module: ['x-Custom'] }, { module: 'X-custom' })).toBe(true)
  })

  it('leaves out routes that name methods when the method is not told', () => {
    const { method: _, ...facts } = FACTS
    expect(
      findRule(compileRules([{ method: ['GET'], action: 'deny' }, { timeoutMs: 1 }]), facts)?.index,
    ).toBe(1)
  })

  it('gives the first match and its place', () => {
    const rules: RouteRule[] = [
      { from: ['DE-*'] },
      { from: ['NL-*'], timeoutMs: 1 },
      { from: ['NL-EMS'], action: 'deny' },
    ]
    expect(findRule(compileRules(rules), FACTS)).toEqual({ index: 1, rule: rules[1] })
    expect(findRule(compileRules([]), FACTS)).toBeUndefined()
    expect(findRule(compileRules(rules), { ...FACTS, from: 'FR-EMS' })).toBeUndefined()
  })

  it('refuses to compile a pattern it cannot read: a route that never matches would deny nobody', () => {
    expect(() => compileRules([{ from: ['NL-C*'], action: 'deny' }])).toThrow(RangeError)
  })
})

describe('compiled routes', () => {
  const key = fc.constantFrom('NL-AAA', 'NL-BBB', 'DE-AAA', 'DE-BBB', 'FR-CCC')
  const pattern = fc.constantFrom('*', 'NL-*', 'de-*', '*-AAA', 'NL-AAA', 'de*bbb', 'FRCCC')
  const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
  const rule: fc.Arbitrary<RouteRule> = fc
    .record({
      from: some(fc.array(pattern, { maxLength: 3 })),
      to: some(fc.oneof(fc.constant('none' as const), fc.array(pattern, { maxLength: 3 }))),
      module: some(fc.array(fc.constantFrom('cdrs', 'tokens', 'Booking', 'own'), { maxLength: 2 })),
      interface: some(fc.constantFrom('SENDER' as const, 'RECEIVER' as const)),
      method: some(fc.array(fc.constantFrom('GET', 'PUT'), { maxLength: 2 })),
      action: some(fc.constant('deny' as const)),
    })
    .map((members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)))
  const facts: fc.Arbitrary<RuleFacts> = fc.record({
    from: key,
    to: some(key),
    module: fc.constantFrom('cdrs', 'CDRs', 'tokens', 'bookings', 'own', 'other'),
    interface: fc.constantFrom('SENDER', 'RECEIVER'),
    method: fc.constantFrom('GET', 'PUT', 'POST'),
  })

  it('finds what reading the list from the top finds, few routes or many, asked once or again', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 30 }), fc.array(facts, { maxLength: 40 }), (rules, asked) => {
        const compiled = compileRules(rules)
        for (const item of [...asked, ...asked]) {
          const expected = rules.findIndex((candidate) => matchesPlainly(candidate, item))
          expect(findRule(compiled, item)).toEqual(
            expected < 0 ? undefined : { index: expected, rule: rules[expected] },
          )
        }
      }),
    )
  })

  it('remembers a bounded number of findings', () => {
    const compiled = compileRules(Array.from({ length: 50 }, () => ({ module: ['own-19999'], timeoutMs: 1 })))
    for (let index = 0; index < 20_000; index++) findRule(compiled, { ...FACTS, module: `own-${index}` })
    expect(compiled.memory!.recent.size + compiled.memory!.older.size).toBeLessThanOrEqual(10_000)
    expect(findRule(compiled, { ...FACTS, module: 'own-19999' })?.index).toBe(0)
  })

  it('hides a party only if every exchange with it is denied (R87, T38)', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), key, key, (rules, from, to) => {
        const compiled = compileRules(rules)
        if (!isDenied(compiled, from, to)) return
        for (const module of ['cdrs', 'tokens', 'bookings', 'own', 'other']) {
          for (const role of ['SENDER', 'RECEIVER']) {
            for (const method of ['GET', 'PUT', 'POST']) {
              expect(findRule(compiled, { from, to, module, interface: role, method })?.rule.action).toBe(
                'deny',
              )
            }
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('isDenied', () => {
  it('is true when a route without module, interface and method denies the receiver', () => {
    const rules = compileRules([
      { module: ['cdrs'], action: 'deny' },
      { from: ['NL-*'], to: ['DE-CPO'], action: 'deny' },
    ])
    expect(isDenied(rules, 'NL-EMS', 'DE-CPO')).toBe(true)
    expect(isDenied(rules, 'NL-EMS', 'DE-CPX')).toBe(false)
    expect(isDenied(rules, 'FR-EMS', 'DE-CPO')).toBe(false)
  })

  it('is false when a route before it lets something through', () => {
    const deny: RouteRule = { to: ['DE-CPO'], action: 'deny' }
    expect(isDenied(compileRules([{ module: ['commands'] }, deny]), 'NL-EMS', 'DE-CPO')).toBe(false)
    expect(isDenied(compileRules([{ from: ['NL-EMS'] }, deny]), 'NL-EMS', 'DE-CPO')).toBe(false)
    expect(isDenied(compileRules([deny, { from: ['NL-EMS'] }]), 'NL-EMS', 'DE-CPO')).toBe(true)
  })

  it('is false when only requests without TO headers, or only some modules, are denied', () => {
    expect(isDenied(compileRules([{ to: 'none', action: 'deny' }]), 'NL-EMS', 'DE-CPO')).toBe(false)
    expect(isDenied(compileRules([{ module: ['cdrs'], action: 'deny' }]), 'NL-EMS', 'DE-CPO')).toBe(false)
  })
})

describe('describeRule', () => {
  it.each<[RouteRule, string]>([
    [
      { from: ['NL-*'], to: ['DE-CPO'], module: ['commands'], timeoutMs: 60_000 },
      'from NL-* to DE-CPO module commands: timeout 1m',
    ],
    [{ from: ['XX-*', 'YY-ABC'], module: ['cdrs'], action: 'deny' }, 'from XX-*, YY-ABC module cdrs: deny'],
    [
      { module: ['tokens'], interface: 'SENDER', method: ['POST'], to: 'none', deliverTo: 'NL-EMS' },
      'to none module tokens interface SENDER method POST: deliver_to NL-EMS',
    ],
    [
      { maxInFlight: 5, timeoutMs: 1_500, rate: { requests: 100, perMs: 1_000 } },
      'everything: timeout 1500ms, max_in_flight 5, rate 100/1s',
    ],
    [{ from: ['NL-EMS'] }, 'from NL-EMS: no change'],
  ])('puts %j in words', (rule, expected) => {
    expect(describeRule(rule)).toBe(expected)
  })
})

/** The rule as the contract words it, without any preparation. */
function matchesPlainly(rule: RouteRule, facts: RuleFacts): boolean {
  const means = (patterns: readonly string[], key: string) =>
    patterns.some((text) => {
      const { countryCode = key.slice(0, 2), partyId = key.slice(3) } = readPartyPattern(text)!
      return `${countryCode}-${partyId}` === key
    })
  const { from, to, module, method } = rule
  const plain = (id: string) => id.toLowerCase().replace(/^bookings$/, 'booking')
  return (
    (from === undefined || means(from, facts.from)) &&
    (to === undefined ||
      (to === 'none' ? facts.to === undefined : facts.to !== undefined && means(to, facts.to))) &&
    (module === undefined || module.some((id) => plain(id) === plain(facts.module))) &&
    (rule.interface === undefined || rule.interface === facts.interface) &&
    (method === undefined || method.includes(facts.method!))
  )
}
