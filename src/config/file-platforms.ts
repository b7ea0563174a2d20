// The platforms of the configuration file as the registry keeps them: tokens hashed, roles dated.

import { VERSIONS } from '../ocpi/version.ts'
import type { TokenHashes } from '../registry/keyring.ts'
import type { Platform } from '../registry/platform.ts'
import type { PlatformConfig } from './hub-config.ts'

/** One configured platform as a record; `now` dates its client infos (R91). */
export function toFilePlatform(config: PlatformConfig, hashes: TokenHashes, now: Date): Platform {
  const lastUpdated = now.toISOString()
  const { outbound, form = VERSIONS[config.version].tokenForm } = config.tokens
  return {
    id: config.id,
    source: 'file',
    revision: 0,
    status: config.status,
    version: config.version,
    ...(config.versionsUrl === undefined ? {} : { versionsUrl: config.versionsUrl }),
    inbound: [{ ...hashes.make(config.tokens.inbound), purpose: 'credentials' }],
    ...(outbound === undefined ? {} : { outbound: { token: outbound, form } }),
    endpoints: config.endpoints ?? [],
    roles: config.roles.map((role) => ({ ...role, lastUpdated })),
    errors: config.errors,
    lastUpdated,
  }
}
