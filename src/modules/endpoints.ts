// Endpoints in version details: read from a peer, and the hub's own list, which depends on who asks (R15-R20, T27).
// Up to 2.1.1 endpoints have no interface role: it follows from which of the two sides, CPO or eMSP, somebody is.

import { z } from 'zod'
import { Fault } from '../faults/fault.ts'
import { counted } from '../journal/text.ts'
import { type Endpoint, readTarget } from '../ocpi/endpoint.ts'
import { INTERFACES, type InterfaceRole, moduleKey, moduleRow } from '../ocpi/module.ts'
import { VERSIONS, type VersionNumber } from '../ocpi/version.ts'
import { isHub, type Platform } from '../registry/platform.ts'

const ENDPOINTS_MAX = 300
const EXTRA_MODULES_MAX = 50
const LEFT_OUT_TOLD_MAX = 10
// Goes into URLs of the hub when it is offered back.
const MODULE_ID = /^[A-Za-z0-9_.~-]{1,64}$/

const DETAILS = z.object({ endpoints: z.array(z.unknown()) })
const IDENTIFIED = z.object({
  identifier: z.string().regex(MODULE_ID),
  role: z.unknown().optional(),
  url: z.unknown().optional(),
})
const URL_TEXT = z
  .string()
  .max(2048)
  .refine((url) => readTarget(url) !== undefined)
const ROLE_NAME = z.string().toUpperCase().pipe(z.enum(INTERFACES))

/** The side of a platform in a version without interface roles. */
export type FlatRole = 'CPO' | 'EMSP'

/** A peer's endpoints, and its entries that make none: which and why, one clause each. */
export interface EndpointList {
  readonly endpoints: readonly Endpoint[]
  readonly leftOut: readonly string[]
}

/**
 * Endpoints in the `data` of a peer's version details; `undefined` if there is no list. Entries that make no endpoint
 * are left out (R20), and told. `side` tells the interface where the version has none.
 */
export function readEndpoints(
  data: unknown,
  version: VersionNumber,
  side: FlatRole | undefined,
): EndpointList | undefined {
  const details = DETAILS.safeParse(data)
  if (!details.success) return undefined
  const entries = details.data.endpoints
    .slice(0, ENDPOINTS_MAX)
    .map((entry) => IDENTIFIED.safeParse(entry).data)
  const flatSide = side ?? guessSide(entries.flatMap((entry) => entry?.identifier ?? []))
  const endpoints: Endpoint[] = []
  const leftOut: string[] = []
  for (const [index, entry] of entries.entries()) {
    if (!entry) {
      leftOut.push(`entry ${index + 1}: no identifier that can be read`)
      continue
    }
    const { identifier: module, url } = entry
    const role = VERSIONS[version].routed ? readRole(module, entry.role) : flatRole(module, flatSide)
    const target = URL_TEXT.safeParse(url).data
    if (role !== undefined && target !== undefined) endpoints.push({ module, role, url: target })
    else if (role === undefined) leftOut.push(`${module}: role is neither SENDER nor RECEIVER`)
    else leftOut.push(`${module} ${role}: url is not an absolute http or https one`)
  }
  const beyond = details.data.endpoints.length - entries.length
  if (beyond > 0) leftOut.push(`${counted(beyond, 'entry', 'entries')} beyond the first ${ENDPOINTS_MAX}`)
  return { endpoints, leftOut }
}

/** `left out: …`, the end of a sentence; `''` if nothing was. */
export function tellLeftOut({ leftOut }: Pick<EndpointList, 'leftOut'>): string {
  if (leftOut.length === 0) return ''
  const more = leftOut.length - LEFT_OUT_TOLD_MAX
  return `left out: ${leftOut.slice(0, LEFT_OUT_TOLD_MAX).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

// The role of a credentials endpoint means nothing; one example of the specification has it wrong (R17).
function readRole(module: string, role: unknown): InterfaceRole | undefined {
  return moduleKey(module) === 'credentials' ? 'SENDER' : ROLE_NAME.safeParse(role).data
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

/** The Fault of a platform whose list the hub cannot work with; without `id` it is told to the platform itself. */
export function missingAt(id: string | undefined, list: EndpointList): Fault {
  const details = id === undefined ? 'The version details' : `The version details of ${id}`
  const lacks =
    credentialsUrl(list.endpoints) === undefined ? 'a credentials endpoint' : 'any functional module'
  return endpointsMissing(`${details} lack ${lacks}`, list)
}

/** The Fault of a list with this problem, to which what was left out may have led. */
export function endpointsMissing(problem: string, list: EndpointList): Fault {
  const leftOut = tellLeftOut(list)
  return new Fault('endpoints_missing', { message: leftOut === '' ? problem : `${problem}; ${leftOut}` })
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
