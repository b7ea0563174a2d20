// What several keys say about each other. It reads the plain data of the file and not the checked one, so that
// these faults are reported together with all others; whatever has the wrong type is passed over here.

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { hashAdminToken } from '../admin/guard.ts'
import { moduleKey } from '../ocpi/module.ts'
import { partyKey } from '../ocpi/party.ts'
import type { ConfigPath } from './document.ts'
import { pathText, type Finding } from './messages.ts'
import { readDuration } from './units.ts'

/** Findings about secrets, addresses, duplicates and contradictions. Total for any data. */
export function crossCheck(data: unknown): Finding[] {
  const root = section(data)
  return [
    ...checkVersions(root),
    ...checkAdmin(root),
    ...checkSecretKey(root),
    ...checkListeners(root),
    ...checkArrival(root),
    ...checkPlatforms(root),
    ...checkAlerts(root),
  ]
}

type Section = Readonly<Record<string, unknown>>

function section(value: unknown): Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function finding(path: ConfigPath, message: string): Finding {
  return { path, message, part: 'value' }
}

function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  return isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback'
}

function* checkVersions(root: Section): Iterable<Finding> {
  const versions = list(section(root.hub).versions)
  yield* duplicates(
    versions.map((key, index) => ({ path: ['hub', 'versions', index], key })),
    'version',
  )
}

function* checkAdmin(root: Section): Iterable<Finding> {
  const admin = section(root.admin)
  const { host } = section(section(root.listen).admin)
  const hasToken = (admin.token ?? '') !== '' || list(admin.tokens).length > 0
  if (typeof host === 'string' && !isLoopback(host) && !hasToken) {
    yield finding(
      ['listen', 'admin', 'host'],
      'is beyond loopback, so admin.token or admin.tokens must be set',
    )
  }
  const tokens = list(admin.tokens).map(section)
  yield* duplicates(
    tokens.map(({ name }, index) => ({ path: ['admin', 'tokens', index, 'name'], key: name })),
    'name',
  )
  // With two roles for one token, their order would decide what it may do.
  yield* duplicates(
    [
      {
        path: ['admin', 'token'],
        key: typeof admin.token === 'string' && admin.token !== '' ? hashAdminToken(admin.token) : undefined,
      },
      ...tokens.map(({ sha256: hash }, index) => ({
        path: ['admin', 'tokens', index, 'sha256'],
        key: typeof hash === 'string' ? hash.toLowerCase() : undefined,
      })),
    ],
    'token',
  )
}

function* checkSecretKey(root: Section): Iterable<Finding> {
  const keys = [root.secret_key ?? ''].flat()
  const isGiven = keys.some((key) => key !== '')
  if (section(root.registry).driver === 'redis' && !isGiven) {
    const message = 'redis needs secret_key, one for all hubs on it ("openssl rand -base64 32" makes it)'
    yield finding(['registry', 'driver'], message)
  }
  if (isGiven && keys[0] === '') yield finding(['secret_key', 0], 'is the newest key: it must not be empty')
  yield* duplicates(
    keys.map((key, index) => ({ path: ['secret_key', index], key })),
    'key',
  )
}

function* checkListeners(root: Section): Iterable<Finding> {
  const { ocpi, admin } = section(root.listen)
  const port = Number(section(ocpi).port ?? 8080)
  if (port !== 0 && port === Number(section(admin).port ?? 8081)) {
    yield finding(['listen', 'admin', 'port'], 'must differ from listen.ocpi.port')
  }
}

/** A request has not arrived before its headers have. */
function* checkArrival(root: Section): Iterable<Finding> {
  const ocpi = section(section(root.listen).ocpi)
  const { headers_timeout: headers = '10s', request_timeout: request = '20s' } = ocpi
  if (typeof headers !== 'string' || typeof request !== 'string') return
  if (!(readDuration(request)! < readDuration(headers)!)) return
  yield 'request_timeout' in ocpi
    ? finding(['listen', 'ocpi', 'request_timeout'], `must not be shorter than headers_timeout (${headers})`)
    : finding(['listen', 'ocpi', 'headers_timeout'], `must not be longer than request_timeout (${request})`)
}

function* checkPlatforms(root: Section): Iterable<Finding> {
  const platforms: PlacedSection[] = list(root.platforms).map((value, index) => ({
    ...section(value),
    path: ['platforms', index],
  }))
  yield* duplicates(
    platforms.map(({ id, path }) => ({ path: [...path, 'id'], key: id })),
    'id',
  )
  yield* duplicates(
    platforms.map(({ tokens, path }) => ({
      path: [...path, 'tokens', 'inbound'],
      key: section(tokens).inbound,
    })),
    'inbound token',
  )
  yield* checkRoles(platforms, partyOf(section(root.hub)))
  const isHttpsOnly = isTrue(section(root.network).require_https)
  for (const platform of platforms) yield* checkUrls(platform, isHttpsOnly)
}

/** A section with the way to it. */
type PlacedSection = Section & { readonly path: ConfigPath }

function* checkRoles(platforms: readonly PlacedSection[], own: string | undefined): Iterable<Finding> {
  const holders = new Map<string, ConfigPath>()
  for (const { roles, path } of platforms) {
    for (const [index, role] of list(roles).map(section).entries()) {
      const party = partyOf(role)
      if (party === undefined) continue
      const place = [...path, 'roles', index]
      const name = `${party} as ${String(role.role).toUpperCase()}`
      const holder = holders.get(name)
      if (party === own) yield finding(place, `${party} is the hub's own address`)
      if (holder) yield finding(place, `${name} is claimed by ${pathText(holder)} already`)
      else holders.set(name, place)
    }
  }
}

function* checkUrls(platform: PlacedSection, isHttpsOnly: boolean): Iterable<Finding> {
  const endpoints: PlacedSection[] = list(platform.endpoints).map((value, index) => ({
    ...section(value),
    path: [...platform.path, 'endpoints', index],
  }))
  const keys = endpoints.map(({ module, role, path }) => ({
    path,
    key: typeof module === 'string' ? `${moduleKey(module)} ${String(role)}` : undefined,
  }))
  yield* duplicates(keys, 'module and role')
  const urls = endpoints.map(({ url, path }) => ({ url, path: [...path, 'url'] }))
  for (const { url, path } of [
    { url: platform.versions_url, path: [...platform.path, 'versions_url'] },
    ...urls,
  ]) {
    if (isHttpsOnly && typeof url === 'string' && /^http:/i.test(url.trim())) {
      yield finding(path, 'must be https:// while network.require_https is true')
    }
  }
}

/** The web hook is called under the rules for platforms. */
function* checkAlerts(root: Section): Iterable<Finding> {
  const { webhook } = section(root.alerts)
  const isHttpsOnly = isTrue(section(root.network).require_https)
  if (isHttpsOnly && typeof webhook === 'string' && /^http:/i.test(webhook.trim())) {
    yield finding(['alerts', 'webhook'], 'must be https:// while network.require_https is true')
  }
}

function isTrue(value: unknown): boolean {
  return value !== false && value !== 'false'
}

function partyOf(value: Section): string | undefined {
  const { country_code: countryCode, party_id: partyId } = value
  return typeof countryCode === 'string' && typeof partyId === 'string'
    ? partyKey({ countryCode, partyId })
    : undefined
}

interface Claim {
  readonly path: ConfigPath
  readonly key: unknown
}

/** A finding at every claim after the first; it names the first by its place in the file, never by its value. */
function* duplicates(claims: readonly Claim[], what: string): Iterable<Finding> {
  const first = new Map<string, ConfigPath>()
  for (const { path, key } of claims) {
    if (typeof key !== 'string' || key === '') continue
    const before = first.get(key)
    if (before === undefined) first.set(key, path)
    else yield finding(path, `same ${what} as ${pathText(before)}`)
  }
}
