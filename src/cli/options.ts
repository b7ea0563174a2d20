// Options that several verbs share, and how their values are read. A value that cannot be read is a usage error.

import { readFileSync } from 'node:fs'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { readDuration } from '../config/units.ts'
import { partyKey, readPartyText } from '../ocpi/party.ts'
import { PLATFORM_ID, PLATFORM_ID_TEXT } from '../registry/platform.ts'
import { createAdminClient, type AdminClient } from './admin-client.ts'
import { CERTIFICATE_HELP, hubFetch } from './client-certificate.ts'
import { failure, misuse, type CliContext } from './context.ts'

const DEFAULT_ADMIN_URL = 'http://127.0.0.1:8081'

export interface AdminOptions {
  readonly adminUrl?: string
  readonly json?: boolean
}

/** Options of a verb that asks a running hub. */
export function withAdminOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--admin-url <url>',
        `admin API of the hub (OCPI_HUB_ADMIN_URL, default ${DEFAULT_ADMIN_URL})`,
      ),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nThe admin token is taken from OCPI_HUB_ADMIN_TOKEN, or the file that OCPI_HUB_ADMIN_TOKEN_FILE names.\n${CERTIFICATE_HELP}`,
    )
}

/** Base URL of the admin API: flag, then OCPI_HUB_ADMIN_URL, then the default; without trailing slash. */
export function adminUrl(context: CliContext, options: AdminOptions): string {
  const url = options.adminUrl ?? (context.env.OCPI_HUB_ADMIN_URL || DEFAULT_ADMIN_URL)
  if (isBaseUrl(url)) return url.replace(/\/+$/, '')
  // Not repeated: it may hold a password.
  const name = options.adminUrl === undefined ? 'OCPI_HUB_ADMIN_URL' : '--admin-url'
  throw misuse(`${name} must be an http:// or https:// URL without user name, query and fragment`)
}

function isBaseUrl(text: string): boolean {
  if (!isHttpUrl(text) || /[?#]/.test(text)) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

/** A client for the hub that the options and the environment name. */
export function adminClient(context: CliContext, options: AdminOptions): AdminClient {
  const [url, token] = [adminUrl(context, options), adminToken(context)]
  return createAdminClient({ url, token, fetch: hubFetch(context) })
}

function adminToken({ env }: CliContext): string | undefined {
  const { OCPI_HUB_ADMIN_TOKEN: given, OCPI_HUB_ADMIN_TOKEN_FILE: file } = env
  if (!given && !file) return undefined
  const token = given ? given.trim() : readToken(file!)
  if (/^[\x21-\x7e]*$/.test(token)) return token
  const name = given ? 'OCPI_HUB_ADMIN_TOKEN' : `OCPI_HUB_ADMIN_TOKEN_FILE ${file}`
  throw failure(
    `${name} holds what no token has, a blank, a line break or a curly quotation mark: it must be the token alone`,
  )
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw failure(`OCPI_HUB_ADMIN_TOKEN_FILE ${file} cannot be read`, error)
  }
}

export function readUrl(text: string): string {
  if (isHttpUrl(text)) return text
  throw new InvalidArgumentError('It must be an http:// or https:// URL.')
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:/i.test(text)
}

const COUNT_MAX = 9_999_999

export const readCount = readCountTo(COUNT_MAX)
/** A version of what changes at run time: 0 = nobody has changed it. */
export const readVersion = readCountTo(COUNT_MAX, 0)

/** A whole number from `min` to `max`, which is below ten million. */
export function readCountTo(max: number, min = 1): (text: string) => number {
  return (text) => {
    if (/^(?:0|[1-9]\d{0,6})$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text)
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

export function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError('It must be a port from 0 to 65535.')
}

/** `de*cpo` -> `DE-CPO`. */
export function readParty(text: string): string {
  const party = readPartyText(text)
  if (party) return partyKey(party)
  throw new InvalidArgumentError('It must be a party, as in DE-CPO.')
}

/** The name of a platform that is to be made. */
export function readNewPlatform(text: string): string {
  if (PLATFORM_ID.test(text)) return text
  throw new InvalidArgumentError(`It ${PLATFORM_ID_TEXT}.`)
}

/** `1h` (ago) or RFC 3339 -> RFC 3339 in UTC. */
export function readInstant(text: string): string {
  const ago = readDuration(text)
  const instant = ago === undefined ? Date.parse(/^\d{4}-\d\d-\d\d/.test(text) ? text : '') : Date.now() - ago
  if (Number.isFinite(instant) && Math.abs(instant) <= 8.64e15) return new Date(instant).toISOString()
  throw new InvalidArgumentError(
    'It must be a duration before now (15m, 1h, 2d) or a time (2026-01-31T09:00:00Z).',
  )
}
