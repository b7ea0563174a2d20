// Endpoints in version details: read from a peer, and the hub's own list, which depends on who asks (R15-R20, T27).
// Up to 2.1.1 endpoints have no interface role: it follows from which of the two sides, CPO or eMSP, somebody is.

import { z } from 'zod'
import { type Endpoint, readTarget } from '../ocpi/endpoint.ts'
import { INTERFACES, type InterfaceRole, moduleKey, moduleRow } from '../ocpi/module.ts'
import { VERSIONS, type VersionNumber } from '../ocpi/version.ts'
import { isHub, type Platform } from '../registry/platform.ts'

const ENDPOINTS_MAX = 300
const EXTRA_MODULES_MAX = 50
// Goes into URLs of the hub when it is offered back.
const MODULE_ID = /^[A-Za-z0-9_.~-]{1,64}$/

const DETAILS = z.object({ endpoints: z.array(z.unknown()) })
const ENDPOINT = z.object({
  identifier: z.string().regex(MODULE_ID),
  role: z.string().optional(),
  url: z
    .string()
    .max(2048)
    .refine((url) => readTarget(url) !== undefined),
})

/** The side of a platform in a version without interface roles. */
export type FlatRole = 'CPO' | 'EMSP'

/**
 * Endpoints in the `data` of a peer's version details; `undefined` if there is no list. Entries that make no endpoint
 * are left out (R20). `side` tells the interface where the version has none.
 */
export function readEndpoints(
  data: unknown,
  version: VersionNumber,
  side: FlatRole | undefined,
): Endpoint[] | undefined {
  const details = DETAILS.safeParse(data)
  if (!details.success) return undefined
  const entries = details.data.endpoints
    .slice(0, ENDPOINTS_MAX)
    .flatMap((entry) => ENDPOINT.safeParse(entry).data ?? [])
  const flatSide = side ?? guessSide(entries.map((entry) => entry.identifier))
  return entries.flatMap(({ identifier, role, url }) => {
    const written = VERSIONS[version].routed ? readRole(identifier, role) : flatRole(identifier, flatSide)
    return written ? [{ module: identifier, role: written, url }] : []
  })
}

// The role of a credentials endpoint means nothing; one example of the specification has it wrong (R17).
function readRole(module: string, role: string | undefined): InterfaceRole | undefined {
  if (moduleKey(module) === 'credentials') return 'SENDER'
  const name = role?.toUpperCase()
  return name === 'SENDER' || name === 'RECEIVER' ? name : undefined
}

/** Interface that a platform of this side has for a module: it is the SENDER of what it owns (R113). */
export function flatRole(module: string, side: FlatRole): InterfaceRole {
  const row = moduleRow(module)
  if (row.kind === 'configuration') return 'SENDER'
  // Commands go from eMSP to CPO.
  const owner = row.pusherRole === 'CPO' ? 'CPO' : 'EMSP'
  return owner === side ? 'SENDER' : 'RECEIVER'
}

/** The side of a platform by its roles; CPO wins, `undefined` while it has none. */
export function sideOf(platform: Pick<Platform, 'roles'>): FlatRole | undefined {
  if (platform.roles.length === 0) return undefined
  return platform.roles.some((role) => role.role === 'CPO') ? 'CPO' : 'EMSP'
}

/** A CPO of 2.1.1 takes commands; without any word from the operator that is the only sign. */
export function guessSide(modules: readonly string[]): FlatRole {
  return modules.some((module) => moduleKey(module) === 'commands') ? 'CPO' : 'EMSP'
}

/** The credentials endpoint among a platform's endpoints. */
export function credentialsUrl(endpoints: readonly Endpoint[]): string | undefined {
  return endpoints.find((endpoint) => moduleKey(endpoint.module) === 'credentials')?.url
}

/** Whether the hub can work with such a list (R30): a credentials endpoint and one functional module. */
export function hasNeededEndpoints(endpoints: readonly Endpoint[]): boolean {
  return (
    credentialsUrl(endpoints) !== undefined &&
    endpoints.some((endpoint) => moduleRow(endpoint.module).kind === 'functional')
  )
}

/** `{publicUrl}/ocpi/versions`, what the hub hands over with a registration token. */
export function versionsUrl(publicUrl: string): string {
  return `${publicUrl}/ocpi/versions`
}

/** The endpoints the hub offers this platform in a version, as in its version details. */
export function hubEndpoints(
  publicUrl: string,
  version: VersionNumber,
  platform: Platform,
): { identifier: string; role?: InterfaceRole; url: string }[] {
  const base = `${publicUrl}/ocpi/${version}`
  const url = (role: InterfaceRole, module: string) => `${base}/${role.toLowerCase()}/${module}`
  const modules = offeredModules(version, platform)
  const functional = modules.filter((module) => moduleRow(module).kind === 'functional')
  if (!VERSIONS[version].routed) {
    const side = sideOf(platform) ?? 'EMSP'
    const opposite: FlatRole = side === 'CPO' ? 'EMSP' : 'CPO'
    return [
      { identifier: 'credentials', url: `${base}/credentials` },
      ...functional.map((module) => ({ identifier: module, url: url(flatRole(module, opposite), module) })),
    ]
  }
  const list = { identifier: 'hubclientinfo', role: 'SENDER' as const, url: `${base}/hubclientinfo` }
  const reports = {
    identifier: 'hubclientinfo',
    role: 'RECEIVER' as const,
    url: url('RECEIVER', 'hubclientinfo'),
  }
  return [
    { identifier: 'credentials', role: 'SENDER', url: `${base}/credentials` },
    list,
    // Another hub tells of the parties behind it (T25); the others have nothing to tell (R16).
    ...(isHub(platform) ? [reports] : []),
    ...functional.flatMap((module) =>
      INTERFACES.map((role) => ({ identifier: module, role, url: url(role, module) })),
    ),
  ]
}

/**
 * The modules of 2.2.1 that the version has, and those beyond them that the platform itself lists, in its spelling:
 * custom ones are for those who agreed to them (R20), chapters outside the table for those who have them (T27).
 */
function offeredModules(version: VersionNumber, platform: Platform): string[] {
  const standard = VERSIONS[version].modules.filter((module) => VERSIONS['2.2.1'].modules.includes(module))
  const known = new Set(standard.map(moduleKey))
  const extra: string[] = []
  for (const { module } of platform.endpoints) {
    const key = moduleKey(module)
    if (known.has(key) || !MODULE_ID.test(module) || moduleRow(module).kind === 'configuration') continue
    if (isOfLaterVersion(key, version)) continue
    known.add(key)
    extra.push(module)
    if (extra.length === EXTRA_MODULES_MAX) break
  }
  return [...standard, ...extra]
}

/** Whether some version has the module, but not this one: then it is no custom module either. */
function isOfLaterVersion(key: string, version: VersionNumber): boolean {
  const has = (one: VersionNumber) => VERSIONS[one].modules.some((module) => moduleKey(module) === key)
  return !has(version) && (Object.keys(VERSIONS) as VersionNumber[]).some(has)
}
