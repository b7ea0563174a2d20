// The parts of the configuration that a reload changes in a running hub: objects that everybody holds from the start
// and that change under them.

import { randomBytes } from 'node:crypto'
import type { AdminToken } from './admin/admin-token.ts'
import { hashAdminToken } from './admin/guard.ts'
import { hasAdminToken, type HubConfig } from './config/hub-config.ts'
import type { ForwardingOptions } from './forwarding/options.ts'
import type { ArrivalOptions } from './http/options.ts'

type Reloaded = Pick<HubConfig, 'arrival' | 'forwarding' | 'liveness' | 'admin'>

export interface Live {
  readonly arrival: ArrivalOptions
  readonly forwarding: ForwardingOptions
  readonly liveness: HubConfig['liveness']
  /** Made for this run, because the hub was given no admin token at all. */
  readonly madeUpToken?: string
  adminTokens(): readonly AdminToken[]
  take(config: Reloaded): void
  /** Called after each reload, also one that changed nothing in the file. */
  watch(listener: () => void): void
}

/** Begins with what the hub was started with. */
export function createLive(config: Reloaded): Live {
  const arrival = { ...config.arrival }
  const forwarding = { ...config.forwarding }
  const liveness = { ...config.liveness }
  const madeUpToken = hasAdminToken(config.admin) ? undefined : randomBytes(24).toString('base64url')
  let tokens = toTokens(config.admin)
  const listeners: (() => void)[] = []

  function toTokens(admin: HubConfig['admin']): readonly AdminToken[] {
    const token = admin.token ?? (hasAdminToken(admin) ? undefined : madeUpToken)
    const first =
      token === undefined ? [] : [{ name: 'admin', role: 'operate', sha256: hashAdminToken(token) } as const]
    return [...first, ...admin.tokens]
  }

  return {
    arrival,
    forwarding,
    liveness,
    ...(madeUpToken === undefined ? {} : { madeUpToken }),
    adminTokens: () => tokens,
    take(next) {
      Object.assign(arrival, next.arrival)
      Object.assign(forwarding, next.forwarding)
      Object.assign(liveness, next.liveness)
      tokens = toTokens(next.admin)
      for (const listener of listeners) listener()
    },
    watch: (listener) => void listeners.push(listener),
  }
}
