// Matches an exchange against the operator's routes: first match wins. Compiled once per configuration; what was
// found is remembered, so that a thousand routes cost a busy hub no more than a few. Pure but for that memory.

import { moduleKey } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'
import { matchesParty, type PartyMatcher, toPartyMatcher } from './party-pattern.ts'
import type { RouteRule } from './rule.ts'

export interface CompiledRules {
  readonly rules: readonly RouteRule[]
  readonly matchers: readonly RuleMatcher[]
  /** Matchers up to the last one that can hide a party: empty when no route does. */
  readonly hiding: readonly RuleMatcher[]
  readonly memory: Memory | undefined
}

/** What of an exchange a route may be about. */
export interface RuleFacts {
  readonly from: PartyKey
  /** Absent = no TO headers. */
  readonly to?: PartyKey | undefined
  /** In any spelling (T27). */
  readonly module: string
  readonly interface: string
  /** Absent = whatever the method; then a route that names methods does not match. */
  readonly method?: string
}

export interface FoundRule {
  /** Place in the operator's list, from 0. */
  readonly index: number
  readonly rule: RouteRule
}

/** Prepares routes for matching. Throws `RangeError` for a pattern that `readPartyPattern` does not take. */
export function compileRules(rules: readonly RouteRule[]): CompiledRules {
  const matchers = rules.map(toMatcher)
  const lastHiding = matchers.findLastIndex((matcher) => matcher.denies && !matcher.partial)
  return {
    rules,
    matchers,
    hiding: matchers.slice(0, lastHiding + 1),
    memory: rules.length > MATCHED_DIRECTLY_MAX ? { recent: new Map(), older: new Map() } : undefined,
  }
}

/** The first route that matches, or `undefined`: the exchange is routed by address alone. */
export function findRule(compiled: CompiledRules, facts: RuleFacts): FoundRule | undefined {
  const { memory } = compiled
  if (!memory) return search(compiled.matchers, facts)
  // The module comes last: it is the only part that may hold any character.
  const key = `${facts.from} ${facts.to ?? ''} ${facts.interface} ${facts.method ?? ''} ${facts.module}`
  let found = memory.recent.get(key)
  if (found === undefined) {
    found = memory.older.get(key) ?? search(compiled.matchers, facts) ?? NOTHING
    remember(memory, key, found)
  }
  return found === NOTHING ? undefined : found
}

/**
 * Whether routes deny `from` everything towards `to`, so that `to` is not even shown to it (R87, T38): of the routes
 * about the two, one that denies comes first that is limited to no module, interface or method, and none before it
 * lets anything through.
 */
export function isDenied(compiled: CompiledRules, from: PartyKey, to: PartyKey): boolean {
  for (const matcher of compiled.hiding) {
    if (!matchesFrom(matcher, from) || !matchesTo(matcher, to)) continue
    if (!matcher.denies) return false
    if (!matcher.partial) return true
  }
  return false
}

/** Whether two sets of routes certainly hide the same parties from the same. */
export function hidesAlike(one: CompiledRules, other: CompiledRules): boolean {
  const rulesOf = ({ hiding }: CompiledRules) => JSON.stringify(hiding.map(({ found }) => found.rule))
  return rulesOf(one) === rulesOf(other)
}

// So many routes are matched as fast as a memory is asked.
const MATCHED_DIRECTLY_MAX = 8
// Entries of one generation. A requester can make up modules, so the memory must be bounded.
const REMEMBERED_MAX = 5_000

interface RuleMatcher {
  readonly found: FoundRule
  /** In all of these `undefined` = any. */
  readonly from: PartyMatcher | undefined
  readonly to: PartyMatcher | 'none' | undefined
  readonly modules: ReadonlySet<string> | undefined
  readonly interface: string | undefined
  readonly methods: ReadonlySet<string> | undefined
  readonly denies: boolean
  /** Limited to some modules, interfaces or methods. */
  readonly partial: boolean
}

/** Two generations of what was found: a full one becomes the older one, and what nobody asks for drops out. */
interface Memory {
  recent: Map<string, FoundRule>
  older: Map<string, FoundRule>
}

const NOTHING: FoundRule = { index: -1, rule: {} }

function remember(memory: Memory, key: string, found: FoundRule): void {
  if (memory.recent.size >= REMEMBERED_MAX) {
    memory.older = memory.recent
    memory.recent = new Map()
  }
  memory.recent.set(key, found)
}

function toMatcher(rule: RouteRule, index: number): RuleMatcher {
  return {
    found: { index, rule },
    from: rule.from && toPartyMatcher(rule.from),
    to: rule.to === 'none' ? 'none' : rule.to && toPartyMatcher(rule.to),
    modules: rule.module && new Set(rule.module.map(moduleKey)),
    interface: rule.interface,
    methods: rule.method && new Set(rule.method.map((method) => method.toUpperCase())),
    denies: rule.action === 'deny',
    partial: rule.module !== undefined || rule.interface !== undefined || rule.method !== undefined,
  }
}

function search(matchers: readonly RuleMatcher[], facts: RuleFacts): FoundRule | undefined {
  if (matchers.length === 0) return undefined
  const module = moduleKey(facts.module)
  for (const matcher of matchers) {
    if (
      matchesFrom(matcher, facts.from) &&
      matchesTo(matcher, facts.to) &&
      (!matcher.modules || matcher.modules.has(module)) &&
      (!matcher.interface || matcher.interface === facts.interface) &&
      (!matcher.methods || (facts.method !== undefined && matcher.methods.has(facts.method)))
    ) {
      return matcher.found
    }
  }
  return undefined
}

function matchesFrom({ from }: RuleMatcher, key: PartyKey): boolean {
  return !from || matchesParty(from, key)
}

/** `*` means any party that is addressed; a request without TO headers is meant by `none`, or by no `to` at all. */
function matchesTo({ to }: RuleMatcher, key: PartyKey | undefined): boolean {
  if (to === undefined) return true
  if (to === 'none') return key === undefined
  return key !== undefined && matchesParty(to, key)
}
