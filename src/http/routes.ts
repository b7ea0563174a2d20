// Which URLs exist on the OCPI side: versions, version details, the configuration modules, and the two
// interfaces of every functional module. Read from the raw URL, because decoding would change ids (R48).

import { Fault } from '../faults/fault.ts'
import { type InterfaceRole, moduleRow } from '../ocpi/module.ts'
import { isVersion, type VersionNumber } from '../ocpi/version.ts'

export type OcpiUrl =
  | { readonly kind: 'versions'; readonly rest: string; readonly query: string }
  | {
      readonly kind: 'details'
      readonly version: VersionNumber
      readonly rest: string
      readonly query: string
    }
  | {
      /** `hubclientinfo-receiver` is what hubs among the platforms report to (T25). */
      readonly kind: 'credentials' | 'hubclientinfo' | 'hubclientinfo-receiver'
      readonly version: VersionNumber
      readonly rest: string
      readonly query: string
    }
  | {
      readonly kind: 'functional'
      readonly version: VersionNumber
      readonly interface: InterfaceRole
      readonly module: string
      /** Raw path below the module: `''` or `/…`. */
      readonly rest: string
      /** Raw query with its `?`, or `''`. */
      readonly query: string
    }

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

const ROOT = '/ocpi/'
const MODULE_ID = /^[A-Za-z0-9_.~-]{1,64}$/
// Visible ASCII without the backslash, which some servers read as a slash; no fragment.
const RAW_URL = /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/
// One look for the usual target, which has none of these.
const DOUBTFUL = /[^\x21-\x7e]|[%\\#]|\/[/.]/
const CONTROL = /%(?:0[0-9a-f]|1[0-9a-f]|7f)/i
// Also for servers that decode before they look for dots, even twice, take `\` for `/`, or cut `;…` off a segment.
const DOT_SEGMENT = /(?:^|\/|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){1,2}(?:\/|;|%(?:25)*(?:2f|5c|3b)|$)/i

/**
 * Reads a raw request target. `undefined` = the hub has no such URL.
 * Throws `http_request_error` for targets that two servers could read differently: absolute form, `//`, dot
 * segments in any encoding, backslashes, encoded controls (RFC 9112 §3.2, RFC 3986 §6.2.2).
 */
export function readOcpiUrl(raw: string, offered: readonly VersionNumber[]): OcpiUrl | undefined {
  const mark = raw.indexOf('?')
  const path = mark < 0 ? raw : raw.slice(0, mark)
  const query = mark < 0 ? '' : raw.slice(mark)
  if (DOUBTFUL.test(raw)) refuseDoubtful(raw, path)
  if (!path.startsWith(ROOT)) return undefined
  const versionEnd = segmentEnd(path, ROOT.length)
  const version = path.slice(ROOT.length, versionEnd)
  const kindEnd = segmentEnd(path, versionEnd + 1)
  const kind = path.slice(versionEnd + 1, kindEnd)
  if (version === 'versions') return kind === '' ? { kind: 'versions', rest: '', query } : undefined
  if (!isVersion(version) || !offered.includes(version)) return undefined
  if (kind === '') return { kind: 'details', version, rest: '', query }
  if (kind === 'credentials' || kind === 'hubclientinfo')
    return { kind, version, rest: path.slice(kindEnd), query }
  const role = kind === 'sender' ? 'SENDER' : kind === 'receiver' ? 'RECEIVER' : undefined
  const moduleEnd = segmentEnd(path, kindEnd + 1)
  const module = path.slice(kindEnd + 1, moduleEnd)
  if (role === undefined || !MODULE_ID.test(module)) return undefined
  const rest = path.slice(moduleEnd)
  const { id, kind: nature } = moduleRow(module)
  // Never routed (R23): behind them are the hub's own credentials at others.
  if (nature === 'configuration') {
    const isReport = role === 'RECEIVER' && id === 'hubclientinfo'
    return isReport ? { kind: 'hubclientinfo-receiver', version, rest, query } : undefined
  }
  return { kind: 'functional', version, interface: role, module, rest, query }
}

/** Where the path segment that begins at `from` ends; past the path's end there are only empty ones. */
function segmentEnd(path: string, from: number): number {
  const slash = path.indexOf('/', from)
  return slash < 0 ? path.length : slash
}

/** Looks closer at a target with something in it that is not plain at first sight. */
function refuseDoubtful(raw: string, path: string): void {
  const message = doubtAbout(raw, path)
  if (message !== undefined) throw new Fault('http_request_error', { message })
}

function doubtAbout(raw: string, path: string): string | undefined {
  if (!RAW_URL.test(raw)) return 'The request target has a fragment, or a character that must be encoded'
  // Where a URL was joined from parts, mostly.
  if (path.includes('//')) return 'The path has two slashes in a row, or an id in it is empty'
  if (DOT_SEGMENT.test(path)) return 'The path has a segment of dots'
  if (CONTROL.test(path)) return 'The path has an encoded control character'
  return undefined
}
