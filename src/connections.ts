// Wires the modules that know the platforms: handshakes, HubClientInfo, liveness, other hubs, and what tells of
// changes. Each is started here and closed by `closeModules`.

import type { Base } from './base.ts'
import { createCall } from './forwarding/call.ts'
import { createClientInfoPush, type ClientInfoPush } from './modules/client-info-push.ts'
import { clockOf } from './modules/clock.ts'
import { createDiscovery, type Discovery } from './modules/discovery.ts'
import { createHandshakeNews } from './modules/handshake-news.ts'
import { createHandshakeLock, type HandshakeParts } from './modules/handshake.ts'
import { createPartyRenewal, type PartyRenewal } from './modules/party-renewal.ts'
import { createPeerHubs, type PeerHubs } from './modules/peer-hubs.ts'
import { createRegistration, type Registration } from './modules/registration.ts'
import { createStillAlive, type StillAlive } from './modules/still-alive.ts'
import { createTokenReading, type TokenReading } from './modules/token-reading.ts'
import { createVisibility, type Visibility } from './modules/visibility.ts'

/** How long an old token lives beside the new one (T22). */
const TOKEN_OVERLAP_MS = 60_000

/** The modules that know the platforms: handshakes, client infos, liveness. */
export interface Modules {
  readonly handshake: HandshakeParts
  readonly registration: Registration
  readonly clientInfoPush: ClientInfoPush
  readonly stillAlive: StillAlive
  readonly discovery: Discovery
  readonly peerHubs: PeerHubs
  readonly partyRenewal: PartyRenewal
  readonly tokenReading: TokenReading
}

/** Starts them; the order of the lines is that of the start. */
export function createModules(base: Base): Modules {
  const { live, registry, send, stores, log, routes, observers, owners } = base
  const { lease, heard } = stores
  const visibility = createVisibility(routes)
  const call = createCall(send)
  const handshake = createHandshakeParts(base, call, visibility)
  const stillAlive = createStillAlive(
    {
      ...handshake,
      lease,
      log,
      alarm(kind, platform, detail) {
        log.error({ alarm: kind, platform, detail }, 'an operator must act')
        observers.alerts?.tokenRejected(platform, detail)
      },
      onHeard: (id) => heard.note(id, stores.now()),
      lastHeard: (id) => heard.last(id),
      onAlive: ({ id }) => observers.alerts?.accepted(id),
    },
    live.liveness,
  )
  const registration = createRegistration(handshake)
  return {
    handshake,
    registration,
    clientInfoPush: createClientInfoPush({
      ...handshake,
      get timeoutMs() {
        return handshake.timeoutMs
      },
      visibility,
      lease,
      log,
      onFailure: (id, fault) => stillAlive.failed(id, fault),
    }),
    stillAlive,
    discovery: createDiscovery({
      ...handshake,
      get timeoutMs() {
        return handshake.timeoutMs
      },
      log,
    }),
    peerHubs: createPeerHubs(handshake, { lease, log }),
    partyRenewal: createPartyRenewal({
      ...handshake,
      visibility,
      lease,
      log,
      rotate: (id) => registration.rotate(id),
    }),
    tokenReading: createTokenReading({
      registry,
      clock: handshake.clock,
      get timeoutMs() {
        return handshake.timeoutMs
      },
      call,
      owners,
      log,
    }),
  }
}

function createHandshakeParts(
  { config, registry, keyring, live, send, stores, log, audit }: Base,
  call: HandshakeParts['call'],
  { visible }: Visibility,
): HandshakeParts {
  return {
    hub: config.hub,
    registry,
    call,
    allowsUrl: send.guard.allowsUrl,
    onLeftOut: (platform, leftOut) =>
      log.warn({ platform, left_out: leftOut }, 'endpoints in its version details were left out'),
    clock: clockOf(stores.now),
    visible,
    hashes: keyring.tokens,
    lock: createHandshakeLock(),
    onHandshake: createHandshakeNews({ log, audit }),
    // A reload changes it, so it is read when it is needed; a copy of these parts would hold it fast.
    get timeoutMs() {
      return live.liveness.timeoutMs
    },
    overlapMs: TOKEN_OVERLAP_MS,
  }
}

/** Ends them; none is needed by another then. */
export function closeModules(modules: Modules): void {
  modules.tokenReading.close()
  modules.peerHubs.close()
  modules.partyRenewal.close()
  modules.discovery.close()
  modules.stillAlive.close()
  modules.clientInfoPush.close()
}
