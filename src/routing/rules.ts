// Matches an exchange against the operator's routes: first match wins. Pure.

import type { RouteRule } from './rule.ts'

export interface CompiledRules {
  readonly rules: readonly RouteRule[]
}

export function compileRules(rules: readonly RouteRule[]): CompiledRules {
  return { rules }
}

export function findRule(
  _compiled: CompiledRules,
  _facts: { from: string; to?: string | undefined; module: string; interface: string; method?: string },
): { index: number; rule: RouteRule } | undefined {
  return undefined
}
