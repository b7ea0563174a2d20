// Endpoints of platforms that were connected without any: a static connection names its versions URL, and the hub
// reads the rest from there (contract §2). Tried again, ever more slowly, until it succeeds.

import { Fault, toFault } from '../faults/fault.ts'
import type { Log } from '../journal/log.ts'
import type { Platform } from '../registry/platform.ts'
import type { Connection } from '../registry/routing-table.ts'
import { endpointsMissing, sideOf } from './endpoints.ts'
import type { HandshakeParts } from './handshake.ts'
import { askEndpoints, askVersion, type EndpointParts } from './peer.ts'
import { changePlatform } from './platform-change.ts'

export interface DiscoveryParts
  extends EndpointParts,
    Pick<HandshakeParts, 'registry' | 'clock' | 'timeoutMs'> {
  readonly log: Pick<Log, 'info' | 'warn'>
}

export interface Discovery {
  /** Resolves when every platform that lacks endpoints was asked once. */
  readonly firstRound: Promise<void>
  close(): void
}

const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 60_000
const AT_ONCE_MAX = 16

/** Looks at the platforms there are, and at those that come. */
export function createDiscovery(parts: DiscoveryParts): Discovery {
  const { registry, clock } = parts
  /** Platforms being asked or waiting to be asked again, with the way to stop waiting. */
  const busy = new Map<string, () => void>()
  /** What was left out of the endpoints of a platform that is asked again and again: told once. */
  const toldLeftOut = new Map<string, string>()
  let closed = false

  async function look(connections: Iterable<Connection>): Promise<void> {
    const lacking = [...connections].filter(
      ({ platform }) => lacksEndpoints(platform) && !busy.has(platform.id),
    )
    if (lacking.length === 0) return
    for (const { platform } of lacking) busy.set(platform.id, () => undefined)
    const queue = lacking.values()
    const worker = async () => {
      for (const { platform } of queue) await attempt(platform.id, 0)
    }
    await Promise.all(Array.from({ length: AT_ONCE_MAX }, worker))
  }

  async function attempt(id: string, failures: number): Promise<void> {
    const platform = registry.table().connections.get(id)?.platform
    if (closed || !platform || !lacksEndpoints(platform)) {
      busy.delete(id)
      return
    }
    try {
      await discover({ ...parts, onLeftOut }, platform)
      busy.delete(id)
      toldLeftOut.delete(id)
    } catch (thrown) {
      const { code, message } = toFault(thrown)
      if (failures === 0) parts.log.warn({ platform: id, fault: code }, `no endpoints yet: ${message}`)
      const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures)
      busy.set(
        id,
        clock.after(delayMs, () => void attempt(id, failures + 1)),
      )
    }
  }

  function onLeftOut(id: string, leftOut: readonly string[]): void {
    const text = leftOut.join()
    if (toldLeftOut.get(id) === text) return
    toldLeftOut.set(id, text)
    parts.onLeftOut(id, leftOut)
  }

  const stop = registry.watch((_after, _before, changes) => {
    void look(changes.flatMap(({ now }) => now ?? []))
  })
  return {
    firstRound: look(registry.table().connections.values()),
    close() {
      closed = true
      stop()
      for (const cancel of busy.values()) cancel()
    },
  }
}

function lacksEndpoints({ endpoints, status, outbound, version, versionsUrl }: Platform): boolean {
  const isMeantToWork = status === 'CONNECTED' || status === 'OFFLINE'
  return isMeantToWork && endpoints.length === 0 && !!outbound && !!version && !!versionsUrl
}

async function discover(parts: DiscoveryParts, platform: Platform): Promise<void> {
  const { registry, call, clock, timeoutMs, log } = parts
  const { id, outbound, version, versionsUrl } = platform
  const first = { platformId: id, token: outbound!, timeoutMs }
  const { picked, token } = await askVersion(call, first, { url: versionsUrl!, version: version! })
  if (!picked) throw new Fault('version_unsupported', { message: `it does not offer ${version}` })
  const found = await askEndpoints(parts, { ...first, token }, picked, sideOf(platform))
  const { endpoints } = found.list
  if (endpoints.length === 0) throw endpointsMissing('its version details list none', found.list)
  await changePlatform(registry, id, (current) =>
    lacksEndpoints(current)
      ? { ...current, endpoints, lastUpdated: new Date(clock.now()).toISOString() }
      : undefined,
  )
  log.info({ platform: id, endpoints: endpoints.length }, 'the endpoints were discovered')
}
