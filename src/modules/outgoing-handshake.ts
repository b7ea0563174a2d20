// The credentials handshake with the hub as the calling side: register at a peer (POST) and renew the tokens (PUT).
// The hub's new token is stored before it is shown, because the peer calls back with it while it answers.

import { Fault, toFault } from '../faults/fault.ts'
import { readCredentials } from '../ocpi/credentials.ts'
import type { Endpoint } from '../ocpi/endpoint.ts'
import { createToken } from '../ocpi/token.ts'
import { OFFERABLE_VERSIONS, type VersionNumber } from '../ocpi/version.ts'
import type { InboundToken, Platform } from '../registry/platform.ts'
import { credentialsUrl, hasNeededEndpoints, missingAt, sideOf } from './endpoints.ts'
import {
  type HandshakeParts,
  heldToken,
  isRegistered,
  ownCredentials,
  overtaken,
  readPeerCredentials,
  settle,
  toldNow,
} from './handshake.ts'
import { askEndpoints, askPeer, askVersions, type Peer, type PeerAnswer, pickVersion } from './peer.ts'
import { changePlatform } from './platform-change.ts'

const LOST_TOKENS_MAX = 3

interface Order {
  readonly id: string
  readonly versionsUrl: string
  /** Registration token the peer gave. */
  readonly token: string
  /** The version to connect on; the newest that both offer when absent. */
  readonly version?: VersionNumber
  /** The token the hub gives the peer, stored already as a registration token. */
  readonly own: string
  /** The platform before the order, to go back to. */
  readonly before: Platform | undefined
}

/** What was found out about the peer before anything was posted. */
interface Found {
  readonly peer: Peer
  readonly version: VersionNumber
  readonly endpoints: readonly Endpoint[]
}

/** Registers the hub; on any failure everything is as before and the Fault is thrown. */
export async function registerAt(parts: HandshakeParts, order: Order): Promise<Platform> {
  try {
    const found = await lookAt(parts, order)
    const url = credentialsUrl(found.endpoints)!
    const asked = mine(parts, order.id)
    const json = ownCredentials(parts, asked, { ...found, token: order.own })
    const told = toldNow(parts, asked, found.version)
    const answer = await askPeer(parts.call, found.peer, { method: 'POST', url, json })
    try {
      const after = await conclude(parts, order, { ...found, told }, answer)
      const { id, before } = order
      parts.onHandshake({ id, what: 'registered', by: 'hub', before, after })
      return after
    } catch (thrown) {
      // The peer believes the hub registered: it is told that it is not.
      await takeBack(parts, found, url, answer)
      throw thrown
    }
  } catch (thrown) {
    await rollBack(parts, order)
    throw toFault(thrown)
  }
}

/**
 * The version that was ordered, or the newest mutual one, and its endpoints (R25, R30). Throws `version_unsupported`,
 * `endpoints_missing`.
 */
async function lookAt(parts: HandshakeParts, order: Order): Promise<Found> {
  const { call, hub, timeoutMs } = parts
  const first: Peer = { platformId: order.id, token: { token: order.token, form: 'base64' }, timeoutMs }
  const found = await askVersions(call, first, order.versionsUrl)
  const { versions, token } = found
  const offered = OFFERABLE_VERSIONS.filter((version) => hub.versions.includes(version))
  const shared = offered.filter((version) => order.version === undefined || order.version === version)
  const newest = shared.find((version) => versions.some((one) => one.version === version))
  if (newest === undefined) {
    for (const version of shared) pickVersion(found, version)
    const ordered = order.version === undefined ? '' : `; ${order.version} was ordered`
    throw new Fault('version_unsupported', {
      message: `${order.id} offers ${versions.map((one) => one.version).join(', ') || 'no version'}, the hub ${offered.join(', ')}${ordered}`,
    })
  }
  const chosen = versions.find((one) => one.version === newest)!
  const asked = { ...first, token }
  const { list, token: taken } = await askEndpoints(parts, asked, chosen, sideOf(mine(parts, order.id)))
  if (!hasNeededEndpoints(list.endpoints)) throw missingAt(order.id, list)
  return { peer: { ...first, token: taken }, version: newest, endpoints: list.endpoints }
}

function mine({ registry }: HandshakeParts, id: string): Platform {
  const platform = registry.table().connections.get(id)?.platform
  if (!platform) throw overtaken()
  return platform
}

async function conclude(
  parts: HandshakeParts,
  order: Order,
  found: Found & { readonly told: string | undefined },
  answer: PeerAnswer,
): Promise<Platform> {
  const { version, endpoints, told } = found
  const credentials = readPeerCredentials(parts, order.id, answer.data, version)
  const outbound = { token: credentials.token, form: answer.token.form }
  const inbound: InboundToken[] = [{ ...parts.hashes.make(order.own), purpose: 'credentials' }]
  const stored = await changePlatform(parts.registry, order.id, (current) => {
    requireToken(parts, current, order.own)
    return settle(current, { version, credentials, endpoints, inbound, outbound, told }, parts.clock.now())
  })
  if (!stored) throw overtaken()
  return stored
}

/** Another handshake has replaced the tokens: this one has lost. */
function requireToken({ hashes }: HandshakeParts, current: Platform, token: string): void {
  if (!heldToken(current, hashes.all(token))) throw overtaken()
}

/** DELETE with the token the peer has just given, as well as that goes. */
async function takeBack(parts: HandshakeParts, found: Found, url: string, answer: PeerAnswer): Promise<void> {
  const given = readCredentials(answer.data, found.version)
  const token = given.ok ? { token: given.value.token, form: answer.token.form } : answer.token
  await askPeer(parts.call, { ...found.peer, token }, { method: 'DELETE', url }).catch(() => undefined)
}

async function rollBack({ registry, hashes }: HandshakeParts, { id, own, before }: Order): Promise<void> {
  const current = registry.table().connections.get(id)?.platform
  if (!current || !heldToken(current, hashes.all(own))) return
  const restored = before ? registry.put({ ...before, revision: current.revision }) : registry.remove(current)
  // A store that is away keeps a PLANNED platform, which the operator sees and can remove.
  await restored.catch(() => undefined)
}

/** Renews both tokens with PUT. A peer that may have taken the hub's new token can use it even if its answer was lost. */
export async function renewAt(parts: HandshakeParts, id: string): Promise<Platform> {
  const { registry, call, clock, timeoutMs, overlapMs } = parts
  const { outbound, endpoints, version } = requireRenewable(registry.table().connections.get(id)?.platform)
  const url = credentialsUrl(endpoints)
  if (url === undefined)
    throw new Fault('endpoints_missing', { message: `${id} lists no credentials endpoint` })
  const token = createToken()
  const fresh: InboundToken = { ...parts.hashes.make(token), purpose: 'credentials' }
  const stored = await changePlatform(registry, id, (current) => withToken(requireRenewable(current), fresh))
  if (!stored) throw new Fault('not_registered')
  try {
    const json = ownCredentials(parts, stored, { version, token })
    const told = toldNow(parts, stored, version)
    const peer = { platformId: id, token: outbound, timeoutMs }
    const answer = await askPeer(call, peer, { method: 'PUT', url, json })
    const credentials = readPeerCredentials(parts, id, answer.data, version)
    const renewed = await changePlatform(registry, id, (current) => {
      requireToken(parts, current, token)
      const now = clock.now()
      const held = heldToken(current, parts.hashes.all(token))
      const others = current.inbound.filter((one) => one !== held)
      const ending = others.map((one) => ({
        ...one,
        validUntil: Math.min(one.validUntil ?? Infinity, now + overlapMs),
      }))
      const settlement = {
        version,
        credentials,
        endpoints: current.endpoints,
        outbound: { token: credentials.token, form: answer.token.form },
        inbound: [fresh, ...(overlapMs > 0 ? ending : [])],
        told,
      }
      return settle(current, settlement, now)
    })
    if (!renewed) throw overtaken()
    parts.onHandshake({ id, what: 'renewed', by: 'hub', before: stored, after: renewed })
    return renewed
  } catch (thrown) {
    const fault = toFault(thrown)
    if (wasRefused(fault)) await dropToken(parts, id, token)
    throw fault
  }
}

/**
 * The newest stands last. Tokens of renewals whose answer was lost stay valid beside the one that is known to be in use,
 * until a newer one is used (T22).
 */
function withToken(platform: Platform, fresh: InboundToken): Platform {
  const [known, ...lost] = platform.inbound
  return { ...platform, inbound: [...(known ? [known] : []), ...lost.slice(-LOST_TOKENS_MAX), fresh] }
}

/** Whether the peer has certainly not taken the new credentials. */
function wasRefused({ code, row }: Fault): boolean {
  const isOfTheWay = row.layer !== 'ocpi' && row.layer !== 'hub'
  return REFUSALS.has(code) || (row.reached === 'no' && isOfTheWay)
}

const REFUSALS: ReadonlySet<string> = new Set([
  'hub_overloaded',
  'credentials_refused',
  'token_rejected',
  'endpoint_missing',
  'method_rejected',
  'responder_busy',
])

async function dropToken({ registry, hashes }: HandshakeParts, id: string, token: string): Promise<void> {
  await changePlatform(registry, id, (current) => {
    const held = heldToken(current, hashes.all(token))
    // The peer uses it already when it is all that is left.
    if (!held || current.inbound.length < 2) return undefined
    return { ...current, inbound: current.inbound.filter((one) => one !== held) }
  }).catch(() => undefined)
}

type Renewable = Platform & Required<Pick<Platform, 'outbound' | 'version'>>

function requireRenewable(platform: Platform | undefined): Renewable {
  if (platform?.source === 'file') {
    throw new Fault('method_unsupported', {
      message: `${platform.id} stands in the hub's configuration file`,
    })
  }
  if (!platform?.outbound || !platform.version || !isRegistered(platform)) throw new Fault('not_registered')
  return platform as Renewable
}
