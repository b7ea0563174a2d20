// What the tests of the modules stand on: a registry in memory, calls over real HTTP, a peer that is a real OCPI
// platform, and a clock that tests turn.

import { createCall } from '../../../src/forwarding/call.ts'
import { createSend } from '../../../src/forwarding/send.ts'
import { Fault } from '../../../src/faults/fault.ts'
import type { Clock } from '../../../src/modules/clock.ts'
import { createCredentials } from '../../../src/modules/credentials.ts'
import { createHandshakeLock, type HandshakeParts } from '../../../src/modules/handshake.ts'
import { createHubClientInfo } from '../../../src/modules/hub-client-info.ts'
import type { ModuleAnswer, ModuleHandler } from '../../../src/modules/module.ts'
import { createRegistration, type Registration } from '../../../src/modules/registration.ts'
import { createVersions } from '../../../src/modules/versions.ts'
import { hashToken } from '../../../src/ocpi/token.ts'
import type { VersionNumber } from '../../../src/ocpi/version.ts'
import { createRegistry } from '../../../src/registry/create-registry.ts'
import { createMemoryStore } from '../../../src/registry/memory.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import type { Registry } from '../../../src/registry/registry.ts'
import { SECRET } from '../../support/platforms.ts'

export const PUBLIC_URL = 'https://hub.example'
export const HUB = {
  countryCode: 'NL',
  partyId: 'HUB',
  name: 'Example Hub',
  publicUrl: PUBLIC_URL,
  versions: ['2.3.0', '2.2.1', '2.1.1'],
} as const

export interface TestClock extends Clock {
  /** Lets time pass and calls back what is due, in order. */
  advance(ms: number): void
}

/** A clock that stands still until it is turned. */
export function testClock(startMs = Date.UTC(2026, 5, 1)): TestClock {
  let now = 0
  const timers = new Set<{ at: number; callback: () => void }>()
  return {
    now: () => startMs + now,
    monotonic: () => now,
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!due) break
        timers.delete(due)
        now = Math.max(now, due.at)
        due.callback()
      }
      now = end
    },
  }
}

export interface Kit {
  readonly registry: Registry
  readonly clock: TestClock
  readonly parts: HandshakeParts
  readonly registration: Registration
  /** Asks a module of the hub as the holder of `token` would. Rejects with Faults. */
  ask(token: string, method: string, path: string, body?: unknown): Promise<ModuleAnswer>
  platform(id: string): Platform
  close(): Promise<void>
}

/** A hub's modules over a registry in memory; `changes` replaces parts. */
export async function createKit(
  changes: Partial<HandshakeParts> = {},
  platforms: readonly Platform[] = [],
): Promise<Kit> {
  const registry = changes.registry ?? (await createRegistry(createMemoryStore(), { secretKeys: [SECRET] }))
  for (const platform of platforms) await registry.put(platform)
  const clock = testClock()
  const send = createSend(
    {
      connectTimeoutMs: 500,
      timeoutMs: 2_000,
      maxResponseBodyBytes: 1024 * 1024,
      heldAnswerBytes: 1024 * 1024,
      connectionsMax: 8,
      pendingMax: 100,
    },
    { requireHttps: false, allow: ['127.0.0.0/8'] },
  )
  const parts: HandshakeParts = {
    hub: HUB,
    registry,
    call: createCall(send),
    allowsUrl: send.guard.allowsUrl,
    onLeftOut: () => undefined,
    clock,
    visible: () => true,
    hashes: {
      make: (token) => ({ hash: hashToken(token, SECRET) }),
      all: (token) => [hashToken(token, SECRET)],
    },
    lock: createHandshakeLock(),
    onHandshake: () => undefined,
    timeoutMs: 1_000,
    overlapMs: 60_000,
    ...changes,
  }
  const modules = {
    ...createVersions(HUB),
    credentials: createCredentials(parts),
    hubclientinfo: createHubClientInfo(parts),
  }
  return {
    registry,
    clock,
    parts,
    registration: createRegistration(parts),
    ask: async (token, method, path, body) => asked(parts, modules, { token, method, path, body }),
    platform(id) {
      const connection = registry.table().connections.get(id)
      if (!connection) throw new Error(`no platform ${id}`)
      return connection.platform
    },
    async close() {
      await send.close()
      await registry.close()
    },
  }
}

interface Asked {
  readonly token: string
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** What the HTTP side does before a module: admits the token, finds the module, checks what a registration token opens. */
async function asked(
  parts: HandshakeParts,
  modules: Readonly<Record<'versions' | 'details' | 'credentials' | 'hubclientinfo', ModuleHandler>>,
  { token, method, path, body }: Asked,
): Promise<ModuleAnswer> {
  const found = parts.hashes
    .all(token)
    .map((hash) => parts.registry.table().tokens.get(hash))
    .find((one) => one !== undefined)
  if (!found || (found.token.validUntil ?? Infinity) <= parts.clock.now()) throw new Fault('token_unknown')
  const { pathname, search } = new URL(path, PUBLIC_URL)
  const [, , version, module = 'details', ...rest] = pathname.split('/')
  const kind = version === 'versions' ? 'versions' : (module as keyof typeof modules)
  if (found.token.purpose === 'registration' && kind === 'hubclientinfo')
    throw new Fault('token_not_for_this')
  return modules[kind]({
    ...found,
    tokenValue: token,
    tokenForm: 'base64',
    version: kind === 'versions' ? undefined : (version as VersionNumber),
    method,
    rest: rest.length === 0 ? '' : `/${rest.join('/')}`,
    query: search,
    body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
  })
}

/** The Fault that a promise rejects with; fails when it does not. */
export async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('no fault came')
}
