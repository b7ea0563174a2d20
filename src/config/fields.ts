// The kinds of value a configuration file has, each with the sentence that is printed when a value is not of it.
// No sentence repeats the value: it may be a secret that stands in the wrong place.

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { readRedisUrl } from '../journal/redis-url.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import { readSize, SIZE } from './units.ts'

/** Node's buffers end at 4 GiB; nothing the hub holds should come near. */
const SIZE_MAX_BYTES = 2 ** 30

const SIZE_TEXT = 'must be a size with its unit, as in 500B, 64KiB or 10MiB'

/** `10MiB` -> 10485760. Units B, kB, MB, GB (powers of 1000) and KiB, MiB, GiB (of 1024); 1B to 1GiB. */
export function size() {
  return z
    .string({ error: SIZE_TEXT })
    .regex(SIZE, { error: SIZE_TEXT })
    .transform((text) => readSize(text)!)
    .pipe(
      z
        .number()
        .min(1, { error: 'must be a size of at least 1B' })
        .max(SIZE_MAX_BYTES, { error: 'must be a size of at most 1GiB' }),
    )
}

/** A part of a whole, 0 to 1; also as text from the environment. */
export function share() {
  const error = 'must be a number from 0 to 1'
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d(\.\d{1,9})?$/.test(value) ? Number(value) : value),
    z.number({ error }).min(0, { error }).max(1, { error }),
  )
}

/** true or false, also as text from the environment. */
export function flag() {
  return z.preprocess(
    (value) => (value === 'true' ? true : value === 'false' ? false : value),
    z.boolean({ error: 'must be true or false' }),
  )
}

/** Text that is not empty. */
export function text() {
  return z
    .string()
    .min(1, { error: 'must not be empty' })
    .max(1000, { error: 'must not be longer than 1000 characters' })
}

/** What a listener binds to: `0.0.0.0`, `::`, `localhost`. */
export function address() {
  // [ and ] by number: within a class a bare [ is an error to the validators that are not of JavaScript.
  return text().regex(/^[^\s\x5b\x5d*/]+$/, {
    error: 'must be an address or a host name: IPv6 without brackets, and 0.0.0.0 or :: for all',
  })
}

/** A token as it may stand in an Authorization header (OCPI 2.2.1 credentials object; longer ones are met in the field). */
export function token() {
  return z
    .string()
    .regex(/^[\x21-\x7e]{1,256}$/, { error: 'must be 1 to 256 visible ASCII characters without blanks' })
}

/** The value of an HTTP header. */
export function headerValue() {
  return z
    .string()
    .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,998}[\x21-\x7e])?$/, { error: 'must be visible ASCII on one line' })
}

export function countryCode() {
  return z.string().regex(/^[A-Za-z]{2}$/, { error: 'must be two letters (ISO 3166-1 alpha-2)' })
}

export function partyId() {
  return z.string().regex(/^[A-Za-z0-9]{3}$/, { error: 'must be three letters or digits' })
}

/** An absolute http(s) URL the hub can call. Whether http is allowed is said elsewhere: network.require_https. */
export function url() {
  const error = 'must be an absolute http:// or https:// URL without user name and blanks'
  return z.string().refine((value) => readTarget(value) !== undefined, { error })
}

/** The base of the hub's own URLs: no trailing slash, no query, so that paths can be put behind it. */
export function baseUrl() {
  return url()
    .refine((value) => !value.endsWith('/'), { error: 'must not end with a slash' })
    .refine((value) => !/[?#]/.test(value), { error: 'must not have a query or a fragment' })
}

export function redisUrl() {
  return z.string().superRefine((value, context) => {
    try {
      readRedisUrl(value)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as RangeError).message })
    }
  })
}

/** An address range, e.g. 10.0.0.0/8 or fd00::/8. */
export function cidr() {
  return z.string().superRefine((value, context) => {
    const isAddress = isIP(value) !== 0
    if (!isAddress && ipaddr.isValidCIDR(value)) return
    const message = isAddress
      ? `must be a range: write /${isIP(value) === 4 ? 32 : 128} behind a single address`
      : 'must be an address range, as in 10.0.0.0/8 or fd00::/8'
    context.addIssue({ code: 'custom', message })
  })
}

/** 32 bytes in Base64; empty = not given. */
export function key32() {
  return z.string().refine((value) => value === '' || isKey32(value), {
    error: 'must be 32 bytes in Base64: make one with "openssl rand -base64 32"',
  })
}

function isKey32(value: string): boolean {
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(value) && Buffer.from(value, 'base64').length === 32
}
