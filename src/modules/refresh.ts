// Reads the versions and endpoints of a platform again when its operator has moved something without telling the hub
// with PUT (R21). Tokens, parties and version stay as they are.

import { Fault } from '../faults/fault.ts'
import type { Endpoint } from '../ocpi/endpoint.ts'
import { moduleRow } from '../ocpi/module.ts'
import type { OutboundToken, Platform } from '../registry/platform.ts'
import { credentialsUrl, missingAt, sideOf } from './endpoints.ts'
import { type HandshakeParts, overtaken } from './handshake.ts'
import { askEndpoints, askVersion } from './peer.ts'
import { changePlatform } from './platform-change.ts'

/**
 * Asks the platform and keeps what it lists now; gives the platform as it stands. Throws `not_registered`,
 * `method_unsupported` for one whose endpoints are written in the configuration file, `version_unsupported`,
 * `endpoints_missing`, and faults of the transport; then everything is as it was.
 */
export async function refreshFrom(parts: HandshakeParts, id: string): Promise<Platform> {
  const { registry, clock } = parts
  const platform = registry.table().connections.get(id)?.platform
  if (!platform) throw new Fault('not_registered')
  const { endpoints, outbound } = await askAgain(parts, platform)
  const stored = await changePlatform(registry, id, (current) => {
    if (current.outbound?.token !== outbound.token) throw overtaken()
    const isSame = textOf(current) === textOf({ endpoints, outbound })
    return isSame
      ? undefined
      : { ...current, endpoints, outbound, lastUpdated: new Date(clock.now()).toISOString() }
  })
  const now = stored ?? registry.table().connections.get(id)?.platform
  if (!now) throw overtaken()
  // What the file lists stands, whatever was found.
  if (textOf({ ...now, outbound }) !== textOf({ endpoints, outbound })) throw listedInFile(id)
  return now
}

interface Found {
  readonly endpoints: readonly Endpoint[]
  /** In the form the platform took it in. */
  readonly outbound: OutboundToken
}

async function askAgain(parts: HandshakeParts, platform: Platform): Promise<Found> {
  const { call, timeoutMs } = parts
  const { id, outbound, version, versionsUrl, source } = platform
  if (!outbound || !version) throw new Fault('not_registered')
  if (versionsUrl === undefined) throw listedInFile(id)
  const first = { platformId: id, token: outbound, timeoutMs }
  const { versions, picked, token } = await askVersion(call, first, { url: versionsUrl, version })
  if (!picked) {
    const offered = versions.map((one) => one.version).join(', ') || 'no version'
    throw new Fault('version_unsupported', {
      message: `${id} offers ${offered}, and is connected on ${version}`,
    })
  }
  const found = await askEndpoints(parts, { ...first, token }, picked, sideOf(platform))
  const { endpoints } = found.list
  const isUseful = endpoints.some(({ module }) => moduleRow(module).kind === 'functional')
  if (!isUseful || (source === 'registered' && credentialsUrl(endpoints) === undefined)) {
    throw missingAt(id, found.list)
  }
  return { endpoints, outbound: found.token }
}

function listedInFile(id: string): Fault {
  return new Fault('method_unsupported', {
    message: `The endpoints of ${id} are listed in the hub's configuration file`,
  })
}

function textOf({ endpoints, outbound }: Pick<Platform, 'endpoints' | 'outbound'>): string {
  return JSON.stringify([endpoints.map(({ module, role, url }) => [module, role, url]), outbound?.form])
}
