// A charge point operator with one location, small enough to read: what a party needs to be connected to a hub.
//
//   node examples/party.mjs [port]      default 9001; 0 = any free one
//
// It is DE-TNY on OCPI 2.2.1 and listens on loopback. Whoever calls it shows TOKEN; a hub that registers itself with
// POST credentials shows the token it was given in the answer from then on. Each request is printed.

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

const TOKEN = process.env.PARTY_TOKEN ?? 'tiny-secret'
const SELF = { country_code: 'DE', party_id: 'TNY' }
const LOCATION = {
  ...SELF,
  id: 'LOC1',
  publish: true,
  name: 'Tiny Charging',
  address: 'Hauptstrasse 1',
  city: 'Berlin',
  country: 'DEU',
  coordinates: { latitude: '52.520008', longitude: '13.404954' },
  time_zone: 'Europe/Berlin',
  last_updated: '2026-01-31T09:00:00Z',
}
const MODULES = [
  ['credentials', 'SENDER'],
  ['locations', 'SENDER'],
  ['tokens', 'RECEIVER'],
  ['hubclientinfo', 'RECEIVER'],
]

/** Tokens this party lets in. */
const tokens = new Set([TOKEN])

/** What is asked -> what answers it: `http` status (200), OCPI `code` (1000), `message`, `data`, `headers`. */
const ROUTES = [
  [/^GET \/ocpi\/versions$/, () => ({ data: [{ version: '2.2.1', url: `${base()}/2.2.1` }] })],
  [/^GET \/ocpi\/2\.2\.1$/, () => ({ data: { version: '2.2.1', endpoints: MODULES.map(endpoint) } })],
  [/^GET \/ocpi\/2\.2\.1\/locations(\?|$)/, list],
  [/^GET \/ocpi\/2\.2\.1\/locations\/LOC1$/, () => ({ data: LOCATION })],
  [/^GET \/ocpi\/2\.2\.1\/locations\//, () => ({ http: 404, code: 2003, message: 'Unknown location' })],
  [/^(PUT|PATCH) \/ocpi\/2\.2\.1\/(tokens|hubclientinfo)\//, () => ({})],
  [/^(POST|PUT) \/ocpi\/2\.2\.1\/credentials$/, register],
  [/^DELETE \/ocpi\/2\.2\.1\/credentials$/, leave],
]

function list({ query }) {
  const from = Date.parse(query.get('date_from') ?? '1970-01-01')
  const data = [LOCATION].filter(({ last_updated: updated }) => Date.parse(updated) >= from)
  return { data, headers: { 'X-Total-Count': String(data.length), 'X-Limit': '50' } }
}

/** A hub registers (POST) or renews (PUT): it gets a new token, and the one it came with is dead. */
async function register({ shown, body }) {
  const peer = { Authorization: authorization(body.token) }
  const versions = await fetch(body.url, { headers: peer }).then((answer) => answer.json())
  if (versions.status_code !== 1000) return { code: 3001, message: 'Your versions cannot be read' }
  const token = randomBytes(24).toString('base64url')
  tokens.delete(shown)
  tokens.add(token)
  return {
    data: {
      token,
      url: `${base()}/versions`,
      roles: [{ role: 'CPO', ...SELF, business_details: { name: 'Tiny' } }],
    },
  }
}

function leave({ shown }) {
  tokens.delete(shown)
  return {}
}

const server = createServer(async (request, response) => {
  const { method, url, headers } = request
  const parties = [headers['ocpi-from-country-code'], headers['ocpi-from-party-id']].filter(Boolean).join('-')
  console.log(`${method} ${url}${parties && ` from ${parties}`}`)
  const text = Buffer.concat(await request.toArray()).toString()
  if (text) console.log(`  ${text}`)
  const shown = readToken(headers.authorization)
  const route = ROUTES.find(([pattern]) => pattern.test(`${method} ${url}`))
  const answer = !tokens.has(shown)
    ? { http: 401, code: 2000, message: 'Unknown token' }
    : route
      ? await answerOf(route[1], { shown, text, query: new URL(url, base()).searchParams })
      : { http: 404, code: 2000, message: 'No such URL' }
  const { http = 200, code = 1000, message, data, headers: more } = answer
  const envelope = { data, status_code: code, status_message: message, timestamp: new Date().toISOString() }
  response.writeHead(http, { 'Content-Type': 'application/json', ...repeated(headers), ...more })
  response.end(JSON.stringify(envelope))
})

async function answerOf(route, { shown, text, query }) {
  try {
    return await route({ shown, query, body: text ? JSON.parse(text) : undefined })
  } catch (error) {
    return { code: 3000, message: String(error.message) }
  }
}

/** The ids as they came, and the two parties the other way round. */
function repeated(headers) {
  const names = [
    ['x-request-id', 'X-Request-ID'],
    ['x-correlation-id', 'X-Correlation-ID'],
    ['ocpi-from-country-code', 'OCPI-to-country-code'],
    ['ocpi-from-party-id', 'OCPI-to-party-id'],
    ['ocpi-to-country-code', 'OCPI-from-country-code'],
    ['ocpi-to-party-id', 'OCPI-from-party-id'],
  ]
  return Object.fromEntries(
    names.flatMap(([asked, name]) => (headers[asked] ? [[name, headers[asked]]] : [])),
  )
}

function base() {
  return `http://localhost:${server.address().port}/ocpi`
}

function endpoint([identifier, role]) {
  return { identifier, role, url: `${base()}/2.2.1/${identifier}` }
}

function authorization(token) {
  return `Token ${Buffer.from(token).toString('base64')}`
}

function readToken(header = '') {
  return Buffer.from(header.replace(/^Token /, ''), 'base64')
    .toString()
    .trim()
}

server.listen(Number(process.argv[2] ?? 9001), 'localhost', () =>
  console.log(`listening: ${base()}/versions`),
)
