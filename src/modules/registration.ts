// What an operator does with connections: hands out a registration token, registers the hub at a peer, renews the
// tokens of both sides, suspends, resumes and removes. Everything is compare-and-set (R25, R30, R39).

import { Fault, toFault } from '../faults/fault.ts'
import type { FaultCode } from '../faults/table.ts'
import type { PartyId } from '../ocpi/party.ts'
import { createToken } from '../ocpi/token.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { DialectName, InboundToken, Platform } from '../registry/platform.ts'
import type { Connection } from '../registry/routing-table.ts'
import { credentialsUrl } from './endpoints.ts'
import { type HandshakeParts, isRegistered, overtaken, requireFree } from './handshake.ts'
import { registerAt, renewAt } from './outgoing-handshake.ts'
import { askPeer } from './peer.ts'
import { changePlatform, mergeRoles, settled, withStatus } from './platform-change.ts'
import { refreshFrom } from './refresh.ts'

export interface PlannedRole extends PartyId {
  readonly role: string
  readonly name?: string
}

export interface PreparedPlatform {
  readonly id: string
  /** Told to others as PLANNED; needed for 2.1.1, whose credentials name no role. */
  readonly roles?: readonly PlannedRole[]
  /** Known beforehand; a handshake settles it. */
  readonly version?: VersionNumber
  /** The error format it answers with; as it was, or `ocpi`, when absent. */
  readonly errors?: DialectName
}

export interface Registration {
  /**
   * Makes or re-makes a PLANNED platform and gives its registration token, which is shown this once.
   * Throws `already_registered`, `party_taken`, `store_unavailable`.
   */
  prepare(order: PreparedPlatform): Promise<{ readonly platform: Platform; readonly token: string }>
  /**
   * Registers the hub at a peer with the registration token that peer gave. Throws what `prepare` throws,
   * `version_unsupported`, `endpoints_missing` (nothing was posted then), `credentials_refused`, `token_rejected`,
   * and faults of the transport; then everything is as it was before.
   */
  connect(
    order: PreparedPlatform & { readonly versionsUrl: string; readonly token: string },
  ): Promise<Platform>
  /** Reads the versions and endpoints of a platform again. Throws as `refreshFrom`. */
  refresh(id: string): Promise<Platform>
  /** PUTs new credentials to the peer and takes its new token (R39). Throws `not_registered` and as `connect`. */
  rotate(id: string): Promise<Platform>
  /** Tells the peer with DELETE, then forgets the platform whether the peer heard it or not. `undefined` if there is none. */
  remove(id: string): Promise<{ readonly peerTold: boolean; readonly fault?: FaultCode } | undefined>
  suspend(id: string): Promise<Platform | undefined>
  /**
   * CONNECTED again, or PLANNED if it was only prepared. Throws `not_registered` for a platform without tokens,
   * `party_taken` if another has its party by now.
   */
  resume(id: string): Promise<Platform | undefined>
  /**
   * A request for this path came with this token: a new token that is used ends those before it (T22). Never throws,
   * mostly costs nothing.
   */
  tokenUsed(connection: Connection, token: InboundToken, path: string): void
}

const REMOVALS_MAX = 10

export function createRegistration(parts: HandshakeParts): Registration {
  const { registry, clock, lock } = parts
  return {
    async prepare(order) {
      const token = createToken()
      const inbound = { ...parts.hashes.make(token), purpose: 'registration' } as const
      return { platform: await plan(parts, order, inbound), token }
    },
    connect: (order) =>
      lock(order.id, async () => {
        const before = registry.table().connections.get(order.id)?.platform
        const token = createToken()
        const inbound = { ...parts.hashes.make(token), purpose: 'registration' } as const
        // Stored before the peer is asked anything, so that two hubs never register one id at once; until the peer
        // has agreed, its token opens versions and credentials only.
        await plan(parts, order, inbound)
        return registerAt(parts, { ...order, own: token, before })
      }),
    refresh: (id) => lock(id, () => refreshFrom(parts, id)),
    rotate: (id) => lock(id, () => renewAt(parts, id)),
    remove: (id) => remove(parts, id),
    // Stored also when it stands so here: another hub may just have changed it, and then this is a lost race.
    suspend: (id) => changePlatform(registry, id, (one) => withStatus(one, 'SUSPENDED', clock.now())),
    resume: (id) =>
      changePlatform(registry, id, (one) => {
        if (one.inbound.length === 0) throw new Fault('not_registered')
        return withStatus(one, isRegistered(one) ? 'CONNECTED' : 'PLANNED', clock.now())
      }),
    tokenUsed: createTokenRetirement(parts),
  }
}

/** Stores the PLANNED platform with this registration token as its only one. */
async function plan(parts: HandshakeParts, order: PreparedPlatform, token: InboundToken): Promise<Platform> {
  const { registry, clock } = parts
  const { id, roles, version, errors } = order
  if (roles) requireFree(parts, id, roles)
  const toPlanned = (current: Platform): Platform => {
    if (current.source === 'file' || isRegistered(current)) {
      throw new Fault('already_registered', { message: `${id} is registered already` })
    }
    const now = clock.now()
    const planned = withStatus(current, 'PLANNED', now)
    const update = { status: 'PLANNED', flatRole: 'OTHER', now } as const
    return {
      ...planned,
      inbound: [token],
      ...(version === undefined ? {} : { version }),
      ...(errors === undefined ? {} : { errors }),
      roles: roles ? mergeRoles(planned, roles, update) : planned.roles,
      lastUpdated: new Date(now).toISOString(),
    }
  }
  if (!registry.table().connections.has(id)) {
    const stored = settled(await registry.put(toPlanned(blank(id))))
    if (stored) return stored
  }
  const stored = await changePlatform(registry, id, toPlanned)
  if (!stored) throw overtaken()
  return stored
}

function blank(id: string): Platform {
  return {
    id,
    source: 'registered',
    revision: 0,
    status: 'PLANNED',
    inbound: [],
    endpoints: [],
    roles: [],
    errors: 'ocpi',
    lastUpdated: '',
  }
}

async function remove(
  parts: HandshakeParts,
  id: string,
): Promise<{ readonly peerTold: boolean; readonly fault?: FaultCode } | undefined> {
  const { registry } = parts
  const platform = registry.table().connections.get(id)?.platform
  if (!platform) return undefined
  if (platform.source === 'file') {
    throw new Fault('method_unsupported', { message: `${id} stands in the hub's configuration file` })
  }
  const fault = await tellLeaving(parts, platform)
  if (fault === undefined) {
    parts.onHandshake({ id, what: 'left', by: 'hub', before: platform, after: undefined })
  }
  for (let attempt = 0; attempt < REMOVALS_MAX; attempt++) {
    const current = registry.table().connections.get(id)?.platform
    if (!current || settled(await registry.remove(current))) return told(fault)
    // Changed meanwhile, by a heartbeat for instance: what must go is what stands there now.
    await changePlatform(registry, id, (one) => withStatus(one, 'SUSPENDED', parts.clock.now()))
  }
  throw new Fault('store_unavailable', { detail: `platform ${id} is changed by others all the time` })
}

function told(fault: FaultCode | undefined): { readonly peerTold: boolean; readonly fault?: FaultCode } {
  return fault === undefined ? { peerTold: true } : { peerTold: false, fault }
}

/** DELETE at the peer's credentials endpoint; the fault if it did not hear it or there is nobody to tell. */
async function tellLeaving(parts: HandshakeParts, platform: Platform): Promise<FaultCode | undefined> {
  const url = credentialsUrl(platform.endpoints)
  if (!platform.outbound || url === undefined) return 'not_registered'
  const peer = { platformId: platform.id, token: platform.outbound, timeoutMs: parts.timeoutMs }
  try {
    await askPeer(parts.call, peer, { method: 'DELETE', url })
    return undefined
  } catch (thrown) {
    return toFault(thrown).code
  }
}

function createTokenRetirement({ registry }: HandshakeParts): Registration['tokenUsed'] {
  const retiring = new Set<string>()
  return ({ platform }, token, path) => {
    if (platform.inbound.length < 2 || platform.source === 'file' || retiring.has(platform.id)) return
    const left = (inbound: readonly InboundToken[]) => outliving(inbound, token, path)
    if (left(platform.inbound).length === platform.inbound.length) return
    retiring.add(platform.id)
    changePlatform(registry, platform.id, (current) => {
      const inbound = left(current.inbound)
      return inbound.length < current.inbound.length ? { ...current, inbound } : undefined
    })
      // The next request tries it again.
      .catch(() => undefined)
      .finally(() => retiring.delete(platform.id))
  }
}

/** Versions and version details: what a peer reads with a token while it may still refuse it. */
const CALL_BACK = /^\/ocpi\/[^/]+\/?$/

/**
 * The tokens that are still good when one was used for a path. Those that are ending go. Of several that are not, which
 * an answer that was lost leaves behind in their order, whoever uses one has given up those before it.
 */
function outliving(
  inbound: readonly InboundToken[],
  { hash }: InboundToken,
  path: string,
): readonly InboundToken[] {
  const used = inbound.findIndex((one) => one.hash === hash)
  if (used < 0 || isEnding(inbound[used]!)) return inbound
  const first = CALL_BACK.test(path) ? 0 : used
  return inbound.filter((one, index) => index >= first && !isEnding(one))
}

function isEnding({ validUntil }: InboundToken): boolean {
  return validUntil !== undefined
}
