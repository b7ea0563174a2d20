// Which addresses the hub may call (SSRF): public unicast ones, and what the operator allows. Checked on the
// resolved address of every new connection, so neither a literal nor a re-bound DNS name gets past it.

import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { PROHIBITED_ADDRESS } from '../faults/observe.ts'
import { createHostLookup } from './host-lookup.ts'
import type { NetworkOptions } from './options.ts'

export interface AddressGuard {
  /** Whether a URL of this scheme may be called at all. */
  readonly allowsScheme: (protocol: string) => boolean
  /** Whether a connection to this IP address may be opened. */
  readonly allowsAddress: (address: string) => boolean
  /** Whether a URL may be called as it is written: its scheme, and its address if it names no host. */
  readonly allowsUrl: (url: Pick<URL, 'protocol' | 'hostname'>) => boolean
  /** A look-up that gives allowed addresses only. */
  readonly lookup: LookupFunction
}

// Unicast by range, but the wire server of a large cloud: instance secrets behind it.
const PROHIBITED_UNICAST = new Set(['168.63.129.16'])

/** Builds the guard. `network.allow` holds valid CIDR ranges (checked with the configuration). */
export function createAddressGuard(network: NetworkOptions): AddressGuard {
  const ranges = network.allow.map((range) => ipaddr.parseCIDR(range))

  function allowsAddress(address: string): boolean {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    if (
      ranges.some(
        ([network, bits]) => parsed.kind() === network.kind() && parsed.match([network, bits] as never),
      )
    )
      return true
    return parsed.range() === 'unicast' && !PROHIBITED_UNICAST.has(parsed.toString())
  }

  function allowsScheme(protocol: string): boolean {
    return protocol === 'https:' || (!network.requireHttps && protocol === 'http:')
  }

  return {
    allowsScheme,
    allowsAddress,
    allowsUrl({ protocol, hostname }) {
      const literal = ipLiteral(hostname)
      return allowsScheme(protocol) && (literal === undefined || allowsAddress(literal))
    },
    lookup: guardedLookup(allowsAddress),
  }
}

/** The error a connection to a prohibited address ends with. */
export function prohibited(address: string): NodeJS.ErrnoException {
  return prohibition(`network.allow does not hold the address: ${address}`)
}

/** The error of a URL whose scheme is prohibited. */
export function prohibitedScheme(protocol: string): NodeJS.ErrnoException {
  return prohibition(`network.require_https is on, and the scheme of the URL is ${protocol}`)
}

function prohibition(reason: string): NodeJS.ErrnoException {
  return Object.assign(new Error(reason), { code: PROHIBITED_ADDRESS })
}

/** Whatever the host lookup gives, remembered or new, is looked at here. */
function guardedLookup(allowsAddress: (address: string) => boolean): LookupFunction {
  const resolve = createHostLookup()
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0)
      const allowed = addresses.filter(
        (entry) => (family === 0 || entry.family === family) && allowsAddress(entry.address),
      )
      const first = allowed[0]
      if (!first) return callback(prohibited(hostname), '', 0)
      if (options.all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

/** Whether `hostname` of a URL is an IP literal, with or without brackets; gives the bare address. */
export function ipLiteral(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(bare) === 0 ? undefined : bare
}
