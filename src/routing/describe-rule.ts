// A route in words, for `routes list`, `routes explain` and the dashboard.

import type { RouteRule } from './rule.ts'
import { durationText } from './units.ts'

/** A route in one line, in the words of the configuration: `from NL-* to DE-CPO module commands: timeout 60s`. */
export function describeRule(rule: RouteRule): string {
  const about = (
    [
      ['from', rule.from],
      ['to', rule.to],
      ['module', rule.module],
      ['interface', rule.interface],
      ['method', rule.method],
    ] as const
  ).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${textOf(value)}`]))
  const does = [
    rule.action,
    rule.deliverTo && `deliver_to ${rule.deliverTo}`,
    rule.timeoutMs && `timeout ${durationText(rule.timeoutMs)}`,
    rule.maxInFlight && `max_in_flight ${rule.maxInFlight}`,
    rule.rate && `rate ${rule.rate.requests}/${durationText(rule.rate.perMs)}`,
  ].filter(Boolean)
  return `${about.join(' ') || 'everything'}: ${does.join(', ') || 'no change'}`
}

function textOf(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ')
}
