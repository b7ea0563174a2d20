// The configuration modules of a sandbox party, as far as the hub asks for them: versions, version details, and the
// credentials it was connected with. A sandbox party is connected by the configuration; it takes no handshake.

import { answerData, answerMethod, type Reply } from './reply.ts'
import type { RunningParty } from './request.ts'

/** The answer to a configuration module's URL, `undefined` for any other path. */
export function answerConfiguration(path: string, method: string, running: RunningParty): Reply | undefined {
  const { version } = running.party
  const read = READERS.get(path.replace(`/${version}`, '/{version}'))
  if (!read) return undefined
  return method === 'GET' ? answerData(read(running)) : answerMethod(['GET'])
}

const READERS: ReadonlyMap<string, (running: RunningParty) => unknown> = new Map([
  ['/ocpi/versions', readVersions],
  ['/ocpi/{version}', readDetails],
  ['/ocpi/{version}/credentials', readCredentials],
])

function readVersions({ party, origin }: RunningParty): unknown {
  return [{ version: party.version, url: `${origin}/ocpi/${party.version}` }]
}

function readDetails({ party, platform, origin }: RunningParty): unknown {
  return {
    version: party.version,
    endpoints: [
      { identifier: 'credentials', role: 'SENDER', url: `${origin}/ocpi/${party.version}/credentials` },
      ...platform.endpoints.map(({ module, role, url }) => ({ identifier: module, role, url })),
    ],
  }
}

function readCredentials({ platform }: RunningParty): unknown {
  return {
    token: platform.tokens.outbound,
    url: platform.versionsUrl,
    roles: platform.roles.map(({ countryCode, partyId, role, name }) => ({
      role,
      country_code: countryCode,
      party_id: partyId,
      business_details: { name },
    })),
  }
}
