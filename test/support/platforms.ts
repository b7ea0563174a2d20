// Platforms as the registry keeps them, for tests of the registry and of what stands on it.

import { createHash } from 'node:crypto'
import type { Platform, PlatformRole } from '../../src/registry/platform.ts'
import type { PutResult } from '../../src/registry/registry.ts'

export const SECRET = Buffer.alloc(32, 7)
const DATE = '2026-01-02T03:04:05.000Z'

/** A role by its text: `NL-CPO CPO`. */
export function role(text: string): PlatformRole {
  const [countryCode, partyId, name] = text.split(/[- ]/)
  return { countryCode: countryCode!, partyId: partyId!, role: name!, lastUpdated: DATE }
}

/** The keyed hash a token would have. */
export function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** A registered platform that is not stored yet, with one party `<two letters>-<rest> CPO` and tokens of its own. */
export function platform(id: string, changes: Partial<Platform> = {}): Platform {
  return {
    id,
    source: 'registered',
    revision: 0,
    status: 'CONNECTED',
    version: '2.2.1',
    versionsUrl: `https://${id}.example/ocpi/versions`,
    inbound: [{ hash: hash(`inbound ${id}`), purpose: 'credentials' }],
    outbound: { token: `outbound-${id}`, form: 'base64' },
    endpoints: [{ module: 'locations', role: 'SENDER', url: `https://${id}.example/ocpi/2.2.1/locations` }],
    roles: [],
    errors: 'ocpi',
    lastUpdated: DATE,
    ...changes,
  }
}

/** The platform of a result that must be a success. */
export function kept(result: PutResult): Platform {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result)}`)
  return result.platform
}
