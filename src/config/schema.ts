// The shape of the configuration file: every key, its default, and what an editor shows about it.
// What concerns several keys at once stands in cross-checks.ts; the file's units become numbers here.

import * as z from 'zod'
import { DIALECT_NAMES } from '../dialects/dialect.ts'
import { PUBLIC_URL_LENGTH_MAX } from '../links/hub-url.ts'
import { CONNECTION_STATUSES } from '../ocpi/connection-status.ts'
import { INTERFACES } from '../ocpi/module.ts'
import { ROLES } from '../ocpi/role.ts'
import { TOKEN_FORMS } from '../ocpi/token.ts'
import { OFFERABLE_VERSIONS, VERSIONS, type VersionNumber } from '../ocpi/version.ts'
import { PLATFORM_ID, PLATFORM_ID_TEXT } from '../registry/platform.ts'
import { duration, integer, moduleId } from '../routing/rule-fields.ts'
import { routeSchema } from '../routing/rule-schema.ts'
import {
  address,
  baseUrl,
  cidr,
  countryCode,
  flag,
  headerValue,
  key32,
  partyId,
  redisUrl,
  share,
  size,
  text,
  token,
  url,
} from './fields.ts'

// Each of them costs a hash for every token that is seen the first time.
const KEYS_MAX = 5
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const VERSION_NUMBERS = Object.keys(VERSIONS) as VersionNumber[]

const hub = z.strictObject({
  country_code: countryCode().describe('Country code of the hub itself.'),
  party_id: partyId().describe('Party id of the hub itself.'),
  name: text().describe("Name in the hub's business details."),
  public_url: baseUrl()
    .max(PUBLIC_URL_LENGTH_MAX, {
      error: `must not be longer than ${PUBLIC_URL_LENGTH_MAX} characters: OCPI's URLs have 255 at most`,
    })
    .describe('Base of every URL the hub hands out; never taken from a Host header.'),
  versions: z
    .array(z.enum(OFFERABLE_VERSIONS))
    .min(1, { error: 'must name at least one version' })
    .default(['2.3.0', '2.2.1'])
    .describe('OCPI versions offered; "2.2" and "2.1.1" may be added.'),
})

const tls = z.strictObject({
  cert: text().describe('PEM file: certificate and chain.'),
  key: text().describe('PEM file: private key.'),
  client_ca: text().optional().describe('PEM file: only clients with a certificate of this CA are let in.'),
})

function listener(host: string, port: number) {
  return {
    host: address().default(host).describe('Address to listen on.'),
    port: integer({ min: 0, max: 65_535 }).prefault(port).describe('Port; 0 = any free one.'),
    tls: tls.optional().describe('Serve https instead of http.'),
  }
}

const ocpiListener = z.strictObject({
  ...listener('0.0.0.0', 8080),
  headers_timeout: duration()
    .prefault('10s')
    .describe('For the headers of a request to arrive; later ones get 408.'),
  request_timeout: duration()
    .prefault('20s')
    .describe(
      'For a whole request to arrive, body included (later ones get 408), and for its answer to be taken.',
    ),
})

const listen = z.strictObject({
  ocpi: ocpiListener.prefault({}).describe('The OCPI side, for parties.'),
  admin: z
    .strictObject(listener('127.0.0.1', 8081))
    .prefault({})
    .describe('Admin API, dashboard, metrics, health.'),
})

const adminToken = z.strictObject({
  name: text().describe('Who has it; shown in the log.'),
  role: z.enum(['read', 'operate']).describe('read: look; operate: change as well.'),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, { error: 'must be the SHA-256 of the token: 64 hexadecimal digits' })
    .describe('SHA-256 of the token, hexadecimal.'),
})

const admin = z.strictObject({
  token: z
    .union([z.literal(''), token()])
    .default('')
    .describe(
      'Bearer token of the admin API. Empty, and no tokens below: a random one, printed once at start; refused when admin listens beyond loopback.',
    ),
  tokens: z.array(adminToken).default([]).describe('More tokens, with names and roles.'),
})

const registry = z.strictObject({
  driver: z
    .enum(['embedded', 'redis'])
    .default('embedded')
    .describe('embedded: on local disk; redis: shared by several hubs.'),
  path: text()
    .default('.data')
    .describe('embedded: directory of the durable state, from the working directory; ":memory:" for none.'),
  url: redisUrl().default('redis://127.0.0.1:6379').describe('redis: where it is.'),
  key_prefix: z
    .string()
    .max(100, { error: 'must not be longer than 100 characters' })
    .default('ocpi-hub:')
    .describe('redis: put before every key, in braces: ocpi-hub: makes {ocpi-hub}:…'),
})

const forwarding = z.strictObject({
  connect_timeout: duration().prefault('5s').describe('Time to get a connection, TLS included.'),
  timeout: duration().prefault('30s').describe('From sending the request to the last byte of the answer.'),
  max_request_body: size().prefault('10MiB').describe('Larger requests get 413.'),
  max_response_body: size().prefault('50MiB').describe('Larger answers are a fault of the responder.'),
})

const count = (max: number) => integer({ min: 1, max })

const limits = z.strictObject({
  in_flight: count(1_000_000)
    .prefault(2000)
    .describe('Requests in flight in the whole hub; over it 503 at once.'),
  connections_per_platform: count(65_535)
    .prefault(64)
    .describe('Open connections per receiving platform and origin.'),
  pending_per_platform: count(1_000_000)
    .prefault(192)
    .describe('Requests in flight per receiving platform; over it answered at once.'),
  held_answer: size()
    .prefault('1MiB')
    .describe('Answers up to this size are held until whole; larger ones stream.'),
  held_requests: size()
    .prefault('128MiB')
    .describe('Bodies of requests in flight, without the first 64 KiB of each; over it 503 at once.'),
})

const liveness = z.strictObject({
  probe_after: duration().prefault('5m').describe('Silence before the hub asks a platform for its versions.'),
  timeout: duration().prefault('10s').describe('Time for that probe.'),
  offline_after: count(1000)
    .prefault(3)
    .describe('Connection failures in a row that make a platform OFFLINE.'),
})

const network = z.strictObject({
  require_https: flag().prefault(true).describe('Refuse http:// URLs of platforms.'),
  allow: z
    .array(cidr())
    .default([])
    .describe('Private or loopback ranges the hub may call; public addresses are always allowed.'),
})

const journal = z.strictObject({
  max_entries: count(100_000_000).prefault(100_000).describe('The oldest entries go first.'),
})

const log = z.strictObject({
  level: z.enum(LOG_LEVELS).default('info').describe('Least level that is written.'),
  exchanges: z
    .enum(['errors', 'all'])
    .default('errors')
    .describe('One line per exchange: of everything but 1xxx, or of all.'),
})

const alerts = z.strictObject({
  webhook: z
    .union([z.literal(''), url()])
    .default('')
    .describe(
      'Alerts are posted here as JSON; the address must be one that network allows. Empty: none are.',
    ),
  authorization: z
    .union([z.literal(''), headerValue()])
    .default('')
    .describe('Authorization header of these requests, as in "Bearer …".'),
  dashboard: z
    .union([z.literal(''), baseUrl()])
    .default('')
    .describe('Where operators reach the dashboard: alerts link to it. Empty: no links.'),
  window: duration().prefault('1m').describe('Faults of a receiver are judged this often.'),
  min_requests: count(1_000_000)
    .prefault(20)
    .describe('Requests to a receiver that are needed to judge; up to ten windows are taken together.'),
  silence: duration()
    .prefault('30m')
    .describe('After an alert the same one is not sent again for this long, even if it ended in between.'),
})

const tracing = z.strictObject({
  otlp_endpoint: z
    .union([z.literal(''), url()])
    .default('')
    .describe('OTLP/HTTP collector, as in http://collector:4318. Empty: nothing is traced.'),
  sample: share().prefault(0.1).describe('Share of the exchanges that are traced, 0 to 1.'),
})

const shutdown = z.strictObject({
  delay: duration()
    .prefault('5s')
    .describe('On SIGTERM: serve on, unready, so that load balancers notice; three of their polls.'),
  timeout: duration().prefault('40s').describe('Then requests under way get this long to finish.'),
})

const endpoint = z.strictObject({
  module: moduleId().describe('Module id.'),
  role: z.enum(INTERFACES).describe('Interface of the module.'),
  url: url().describe('Absolute URL of the endpoint.'),
})

const role = z.strictObject({
  country_code: countryCode().describe('Country code of the party.'),
  party_id: partyId().describe('Party id; in quotes if it is all digits.'),
  role: z.enum(ROLES).describe('Role of the party.'),
  name: text().optional().describe("Name in the party's business details."),
})

const platformTokens = z.strictObject({
  inbound: token().describe('What the platform shows to the hub.'),
  outbound: token().optional().describe('What the hub shows to the platform.'),
  form: z
    .enum(TOKEN_FORMS)
    .optional()
    .describe('How the outbound token is written in the header; by default as the version says.'),
})

const platform = z.strictObject({
  id: z
    .string()
    .regex(PLATFORM_ID, { error: PLATFORM_ID_TEXT })
    .describe('Name of the connection in the admin API, logs and metrics.'),
  version: z.enum(VERSION_NUMBERS).default('2.2.1').describe('OCPI version spoken with this platform.'),
  tokens: platformTokens.describe('Credentials tokens of the connection.'),
  versions_url: url().optional().describe('Endpoints are discovered from here.'),
  endpoints: z.array(endpoint).optional().describe('Or listed here; these win.'),
  roles: z
    .array(role)
    .min(1, { error: 'must name at least one party' })
    .describe('The parties behind this connection.'),
  status: z.enum(CONNECTION_STATUSES).default('CONNECTED').describe('Status at start.'),
  errors: z.enum(DIALECT_NAMES).default('ocpi').describe('The error format this platform answers with.'),
})

/** The whole file. Input: snake_case with units; output: the same keys with milliseconds and bytes. */
export const fileSchema = z.strictObject({
  hub: hub.describe('Who the hub is.'),
  listen: listen.prefault({}).describe('Where it listens.'),
  admin: admin.prefault({}).describe('Who may operate it.'),
  registry: registry.prefault({}).describe('Where it keeps who is connected.'),
  secret_key: z
    .union([key32(), z.array(key32()).min(1).max(KEYS_MAX)])
    .default('')
    .describe(
      '32 bytes, Base64: seals the tokens the hub uses outbound. Empty: made once and kept beside the embedded registry. A list: the newest first, older ones open what they sealed.',
    ),
  forwarding: forwarding.prefault({}).describe('How requests are passed on.'),
  limits: limits.prefault({}).describe('How much at once.'),
  liveness: liveness.prefault({}).describe('How the hub finds out who is there.'),
  network: network.prefault({}).describe('What the hub may call.'),
  journal: journal.prefault({}).describe('What it remembers.'),
  log: log.prefault({}).describe('What it writes to standard output.'),
  alerts: alerts.prefault({}).describe('What operators are told without asking.'),
  tracing: tracing.prefault({}).describe('Traces for OpenTelemetry.'),
  shutdown: shutdown.prefault({}).describe('How the hub ends.'),
  platforms: z
    .array(platform)
    .default([])
    .describe('Static connections; others are made by the credentials handshake or the admin API.'),
  routes: z
    .array(routeSchema)
    .default([])
    .describe('First match wins; what none matches is routed by address alone.'),
  sandbox: flag().prefault(false).describe('Run simulated parties beside the hub.'),
})

export type FileConfig = z.output<typeof fileSchema>
