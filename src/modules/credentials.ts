// The credentials module as peers call it: GET, POST, PUT, DELETE (R25-R33). A registration is settled only after
// the hub has called back with the token it was given; whatever fails before leaves everything as it was (R29).

import { Fault, toFault } from '../faults/fault.ts'
import type { Credentials } from '../ocpi/credentials.ts'
import { parseJson } from '../ocpi/json-text.ts'
import { createToken } from '../ocpi/token.ts'
import { VERSIONS, type VersionNumber } from '../ocpi/version.ts'
import type { InboundToken, OutboundToken, Platform } from '../registry/platform.ts'
import { type EndpointList, hasNeededEndpoints, missingAt, sideOf, tellLeftOut } from './endpoints.ts'
import {
  type HandshakeParts,
  heldToken,
  ownCredentials,
  overtaken,
  readPeerCredentials,
  settle,
  toldNow,
  unregistered,
} from './handshake.ts'
import type { ModuleAnswer, ModuleHandler, ModuleRequest } from './module.ts'
import { askEndpoints, askVersion } from './peer.ts'
import { changePlatform } from './platform-change.ts'
import { allow } from './versions.ts'

type VersionedRequest = ModuleRequest & { readonly version: VersionNumber }

/** The handler. Throws the faults of R28-R32: `already_registered`, `not_registered`, `callback_failed` and others. */
export function createCredentials(parts: HandshakeParts): ModuleHandler {
  return (request) => {
    const { version, connection, method } = request
    if (!version) throw new Fault('url_unknown')
    allow(request, ['GET', 'POST', 'PUT', 'DELETE'])
    const versioned = { ...request, version }
    const { platform } = connection
    if (method === 'GET') {
      return { data: ownCredentials(parts, platform, { version, token: request.tokenValue }) }
    }
    refuseWrongState(request, platform)
    if (method === 'DELETE') return leave(parts, versioned)
    return parts.lock(platform.id, () => join(parts, versioned))
  }
}

/** R28, R31, R32, T21: POST is for a registration token, PUT and DELETE for one that came of a registration. */
function refuseWrongState({ method, token }: ModuleRequest, platform: Platform): void {
  const isNew = token.purpose === 'registration'
  if (method === 'POST' && !isNew) {
    throw new Fault('already_registered', { headers: { Allow: 'GET, PUT, DELETE' } })
  }
  if (method !== 'POST' && isNew) throw new Fault('not_registered', { headers: { Allow: 'GET, POST' } })
  if (platform.source === 'file') {
    throw new Fault('method_unsupported', {
      message: "This connection stands in the hub's configuration; its credentials are changed there",
      headers: { Allow: 'GET' },
    })
  }
}

/** POST and PUT: calls back, settles, and answers with the new token for the peer (R27, R31). */
async function join(parts: HandshakeParts, request: VersionedRequest): Promise<ModuleAnswer> {
  const { registry, clock } = parts
  const { version, token: presented } = request
  const hashes = parts.hashes.all(request.tokenValue)
  const { platform } = request.connection
  const credentials = readPeerCredentials(parts, platform.id, readBody(request), version)
  const { outbound, ...list } = await callBack(parts, platform, credentials, version)
  const token = createToken()
  const fresh: InboundToken = { ...parts.hashes.make(token), purpose: 'credentials' }
  const stored = await changePlatform(registry, platform.id, (current) => {
    const held = heldToken(current, hashes)
    // Used up by a handshake that was faster (R7).
    if (!held) throw new Fault('token_unknown')
    if (held.validUntil !== presented.validUntil) throw overtaken()
    const now = clock.now()
    const inbound = [fresh, ...outgoing(held, now, parts.overlapMs)]
    const next = settle(
      current,
      { version, credentials, endpoints: list.endpoints, outbound, inbound, told: undefined },
      now,
    )
    // Whom it may see depends on the parties it has named just now.
    const told = toldNow(parts, next, version)
    return told === undefined ? next : { ...next, toldParties: told }
  })
  if (!stored) throw new Fault('token_unknown')
  const what = presented.purpose === 'registration' ? 'registered' : 'renewed'
  parts.onHandshake({ id: platform.id, what, by: 'peer', before: platform, after: stored })
  const data = ownCredentials(parts, stored, { version, token })
  const leftOut = tellLeftOut(list)
  // The peer learns it now, and not from requests that never come.
  return leftOut === '' ? { data } : { data, statusMessage: `Endpoints ${leftOut}` }
}

/** The token that is replaced: a registration token dies at once (R7), another after the overlap (T22). */
function outgoing(held: InboundToken, now: number, overlapMs: number): InboundToken[] {
  if (held.purpose === 'registration' || overlapMs <= 0) return []
  return [{ ...held, validUntil: Math.min(held.validUntil ?? Number.POSITIVE_INFINITY, now + overlapMs) }]
}

function readBody({ body }: ModuleRequest): unknown {
  if (!body || body.length === 0) {
    throw new Fault('credentials_invalid', { message: 'The request has no credentials object' })
  }
  return parseJson(body)
}

/**
 * GET versions and GET details with the token in the credentials, before the answer goes out (R27).
 * Throws `callback_failed`, `version_unsupported`, `endpoints_missing` (R29, R30).
 */
async function callBack(
  parts: HandshakeParts,
  platform: Platform,
  credentials: Credentials,
  version: VersionNumber,
): Promise<EndpointList & { outbound: OutboundToken }> {
  const { call, timeoutMs } = parts
  const { url } = credentials
  const given = { token: credentials.token, form: VERSIONS[version].tokenForm }
  const peer = { platformId: platform.id, token: given, timeoutMs }
  const { picked, token } = await asCallBack('versions', askVersion(call, peer, { url, version }))
  if (!picked) {
    throw new Fault('version_unsupported', {
      message: `The versions at the URL in the credentials do not include ${version}`,
    })
  }
  const asked = askEndpoints(parts, { ...peer, token }, picked, sideOf(platform))
  const { list, token: outbound } = await asCallBack('version details', asked)
  if (!hasNeededEndpoints(list.endpoints)) {
    throw missingAt(undefined, list)
  }
  return { ...list, outbound }
}

/** What fails in a call-back is 3001, with the reason in words; a fault of the hub itself stays what it is. */
async function asCallBack<Result>(what: string, answer: Promise<Result>): Promise<Result> {
  try {
    return await answer
  } catch (thrown) {
    const fault = toFault(thrown)
    if (fault.row.layer === 'hub') throw fault
    const { message, detail } = fault.info
    throw new Fault('callback_failed', {
      message: `The hub's GET of ${what} with the token in the credentials failed: ${message ?? fault.row.when}`,
      detail: [fault.code, detail].filter(Boolean).join(': '),
      cause: fault,
    })
  }
}

/** DELETE: the token is dead, the parties are SUSPENDED for everybody else (R32). */
async function leave(
  parts: HandshakeParts,
  { connection, tokenValue }: VersionedRequest,
): Promise<ModuleAnswer> {
  const { platform } = connection
  const hashes = parts.hashes.all(tokenValue)
  const after = await changePlatform(parts.registry, platform.id, (current) => {
    if (!heldToken(current, hashes)) throw new Fault('token_unknown')
    return unregistered(current, parts.clock.now())
  })
  parts.onHandshake({ id: platform.id, what: 'left', by: 'peer', before: platform, after })
  return {}
}
