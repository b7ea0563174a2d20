// Configuration files for tests, and their faults as people see them.

import { formatFault, readConfig } from '../../../src/config/load.ts'

/** The hub section, on one line. */
export const HUB = `hub: { country_code: NL, party_id: HUB, name: Hub, public_url: "https://hub.example" }`
export const DURATION = 'must be a duration with its unit, as in 250ms, 30s, 5m or 1h'
export const SIZE = 'must be a size with its unit, as in 500B, 64KiB or 10MiB'

export function faultsOf(text: string, env: Record<string, string> = {}): string[] {
  return readConfig(text, 'f', env).faults.map(formatFault)
}

/** A file of the hub section (one line) and `rest`, which begins on line 2. */
export function withHub(rest: string, env: Record<string, string> = {}): string[] {
  return faultsOf(`${HUB}\n${rest}`, env)
}

/** A platform with one more member, on line 6 from column 5 on. */
export function platform(member: string): string {
  return `platforms:
  - id: a
    tokens: { inbound: t1 }
    roles: [{ country_code: DE, party_id: CPO, role: CPO }]
    ${member}`
}
