// A watch for alerts over a registry in memory, with a clock, a lease, a store and certificates that tests turn.

import { afterEach } from 'vitest'
import type { FaultCode } from '../../../src/faults/table.ts'
import { type Exchange, openExchange } from '../../../src/journal/exchange.ts'
import {
  createAlertWatch,
  type AlertWatch,
  type AlertWatchOptions,
} from '../../../src/modules/alert-watch.ts'
import type { Alert } from '../../../src/modules/alerts.ts'
import { createRegistry } from '../../../src/registry/create-registry.ts'
import { createMemoryStore } from '../../../src/registry/memory.ts'
import type { Registry, RegistryHealth } from '../../../src/registry/registry.ts'
import { platform, role, SECRET } from '../../support/platforms.ts'
import { testClock, type TestClock } from './kit.ts'

export const MINUTE = 60_000
const open: { close(): unknown }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

export interface AlertScene {
  readonly alerts: AlertWatch
  readonly clock: TestClock
  readonly registry: Registry
  /** What was told since the last look. */
  told(): (readonly [string, string, string])[]
  readonly all: Alert[]
  health: RegistryHealth
  holds: boolean
  /** When certificates end. */
  readonly ends: Record<'listeners' | 'receivers', [string, number][]>
  /** A window of requests to the platform. */
  window(id: string, requests: number, fault?: FaultCode): void
  setStatus(id: string, status: 'CONNECTED' | 'OFFLINE'): Promise<void>
}

/** Platforms with these statuses, and the watch, begun; both are closed after the test. */
export async function scene(
  statuses: Readonly<Record<string, 'CONNECTED' | 'OFFLINE'>> = { acme: 'CONNECTED' },
  options: Partial<AlertWatchOptions> = {},
): Promise<AlertScene> {
  const registry = await createRegistry(createMemoryStore(), { secretKeys: [SECRET] })
  let party = 0
  for (const [id, status] of Object.entries(statuses)) {
    await registry.put(platform(id, { status, roles: [role(`DE-CP${party++} CPO`)] }))
  }
  const clock = testClock()
  const all: Alert[] = []
  const alerts = createAlertWatch(
    { clock, emit: (alert) => void all.push(alert) },
    { windowMs: MINUTE, minRequests: 20, silenceMs: 30 * MINUTE, ...options },
  )
  open.push(alerts, registry)
  const made: AlertScene = {
    alerts,
    clock,
    registry,
    all,
    health: registry.health(),
    holds: true,
    ends: { listeners: [], receivers: [] },
    told: () => all.splice(0).map(({ alert, status, subject }) => [alert, status, subject] as const),
    window(id, requests, fault) {
      for (let count = 0; count < requests; count++) alerts.record(exchange(id, fault))
      clock.advance(MINUTE)
    },
    async setStatus(id, status) {
      const stored = registry.table().connections.get(id)!.platform
      await registry.put({ ...stored, status })
    },
  }
  alerts.begin({
    registry: { ...registry, health: () => made.health },
    lease: { holds: () => made.holds },
    certificates: { listeners: () => made.ends.listeners, receivers: () => made.ends.receivers },
  })
  return made
}

/** An exchange that has ended. */
export function exchange(responder: string, fault?: FaultCode): Exchange {
  const made = openExchange({ method: 'GET', path: '/', requestId: 'r', correlationId: 'c' })
  made.responder = responder
  if (fault) made.fault = fault
  else made.author = 'responder'
  return made
}
