// Bad values, one to a row, each with the exact place and sentence of every fault it has.

import { expect, test } from 'vitest'
import { DURATION, platform, SIZE, withHub } from './bad-files.ts'

// biome-ignore format: a table is read in columns
/** A key of 32 bytes. */
const KEY = Buffer.alloc(32, 7).toString('base64')

const VALUES: readonly (readonly [rule: string, rest: string, ...faults: string[]])[] = [
  [
    'names an unknown key and the likely one',
    'forwarding:\n  timeot: 30s',
    'f:3:3: forwarding.timeot: unknown key (did you mean "timeout"?)',
  ],
  ['names an unknown section', 'extra: 1', 'f:2:1: extra: unknown key'],
  [
    'names an unknown key with nothing behind it',
    'forwarding: { timeot: , Timeout: ~ }\nroutess:',
    'f:2:15: forwarding.timeot: unknown key (did you mean "timeout"?)',
    'f:2:25: forwarding.Timeout: unknown key (did you mean "timeout"?)',
    'f:3:1: routess: unknown key (did you mean "routes"?)',
  ],
  [
    'names an unknown key in a platform with nothing behind it',
    'platforms: [{ id: a, tokens: { inbound: t1, hub-to-acme }, roles: [{ country_code: DE, party_id: CPO, role: CPO }] }]',
    'f:2:45: platforms[0].tokens.hub-to-acme: unknown key',
  ],
  [
    'refuses a key of a platform with nothing behind it',
    platform('versions_url:'),
    'f:6:5: platforms[0].versions_url: must have a value, or be left out',
  ],
  [
    'names every unknown key of one section',
    'log: { a: 1, lvl: info }',
    'f:2:8: log.a: unknown key',
    'f:2:14: log.lvl: unknown key (did you mean "level"?)',
  ],
  [
    'refuses brackets where a listener binds',
    'listen: { ocpi: { host: "[::]" } }',
    'f:2:25: listen.ocpi.host: must be an address or a host name: IPv6 without brackets, and 0.0.0.0 or :: for all',
  ],
  [
    'refuses a bare number as a duration',
    'forwarding: { timeout: 30 }',
    `f:2:24: forwarding.timeout: ${DURATION}`,
  ],
  [
    'refuses a duration without unit in quotes',
    'forwarding: { timeout: "30" }',
    `f:2:24: forwarding.timeout: ${DURATION}`,
  ],
  [
    'refuses an unknown unit of time',
    'liveness: { probe_after: 5 minutes }',
    `f:2:26: liveness.probe_after: ${DURATION}`,
  ],
  [
    'refuses no time at all',
    'liveness: { timeout: 0s }',
    'f:2:22: liveness.timeout: must be a duration of at least 1ms',
  ],
  [
    'refuses a time that timers cannot hold',
    'liveness: { timeout: 25d }',
    'f:2:22: liveness.timeout: must be a duration of at most 24d',
  ],
  [
    'refuses a web hook that is no URL',
    'alerts: { webhook: alerts.example.com }',
    'f:2:20: alerts.webhook: must be an absolute http:// or https:// URL without user name and blanks',
  ],
  [
    'refuses a web hook over http while https is required',
    'alerts: { webhook: "http://alerts.example.com" }',
    'f:2:20: alerts.webhook: must be https:// while network.require_https is true',
  ],
  [
    'refuses a header value of two lines',
    'alerts: { authorization: "a\\nb" }',
    'f:2:26: alerts.authorization: must be visible ASCII on one line',
  ],
  [
    'refuses a sample of more than all',
    'tracing: { sample: 1.5 }',
    'f:2:20: tracing.sample: must be a number from 0 to 1',
  ],
  [
    'refuses a sample in percent',
    'tracing: { sample: 10% }',
    'f:2:20: tracing.sample: must be a number from 0 to 1',
  ],
  [
    'refuses a bare number as a size',
    'limits: { held_answer: 1048576 }',
    `f:2:24: limits.held_answer: ${SIZE}`,
  ],
  [
    'refuses an unknown unit of size',
    'forwarding: { max_request_body: 10Mb }',
    `f:2:33: forwarding.max_request_body: ${SIZE}`,
  ],
  [
    'refuses a size of more than memory',
    'forwarding: { max_request_body: 5GiB }',
    'f:2:33: forwarding.max_request_body: must be a size of at most 1GiB',
  ],
  [
    'refuses a port out of range',
    'listen: { ocpi: { port: 70000 } }',
    'f:2:25: listen.ocpi.port: must be a whole number from 0 to 65535',
  ],
  [
    'refuses a fraction',
    'liveness: { offline_after: 1.5 }',
    'f:2:28: liveness.offline_after: must be a whole number from 1 to 1000',
  ],
  [
    'refuses a word of another list',
    'log: { level: inof }',
    'f:2:15: log.level: must be one of fatal, error, warn, info, debug, trace, silent (did you mean "info"?)',
  ],
  ['refuses yes for true', 'sandbox: yes', 'f:2:10: sandbox: must be true or false'],
  ['refuses a scalar for a section', 'listen: 8080', 'f:2:9: listen: must be a section of keys'],
  ['refuses a scalar for a list', 'network: { allow: 10.0.0.0/8 }', 'f:2:19: network.allow: must be a list'],
  [
    'refuses what is no address range',
    'network: { allow: ["10.0.0.0/8", "10/x"] }',
    'f:2:34: network.allow[1]: must be an address range, as in 10.0.0.0/8 or fd00::/8',
  ],
  [
    'asks for the length of a single address',
    'network: { allow: ["10.0.0.1", "::1"] }',
    'f:2:20: network.allow[0]: must be a range: write /32 behind a single address',
    'f:2:32: network.allow[1]: must be a range: write /128 behind a single address',
  ],
  [
    'refuses a version it does not know',
    `${platform('version: "3.0"')}`,
    'f:6:14: platforms[0].version: must be one of 2.0, 2.1.1, 2.2, 2.2.1, 2.3.0 (did you mean "2.0"?)',
  ],
  [
    'asks for quotes around a version',
    `${platform('version: 2.2')}`,
    'f:6:14: platforms[0].version: must be text, but YAML reads a number here; quote it: "2.2"',
  ],
  [
    'refuses a URL that is not absolute',
    `${platform('versions_url: /ocpi/versions')}`,
    'f:6:19: platforms[0].versions_url: must be an absolute http:// or https:// URL without user name and blanks',
  ],
  [
    'refuses a URL with a user name',
    `${platform('versions_url: "https://u:p@x.example/v"')}`,
    'f:6:19: platforms[0].versions_url: must be an absolute http:// or https:// URL without user name and blanks',
  ],
  [
    'refuses http while network.require_https',
    `${platform('versions_url: "http://x.example/v"')}`,
    'f:6:19: platforms[0].versions_url: must be https:// while network.require_https is true',
  ],
  [
    'refuses a fault format it does not know',
    `${platform('errors: openchage')}`,
    'f:6:13: platforms[0].errors: must be one of ocpi, opencharge, proof, ivxp (did you mean "opencharge"?)',
  ],
  [
    'refuses a listed endpoint twice',
    `${platform('endpoints: [{ module: Booking, role: SENDER, url: "https://x.example/1" }, { module: bookings, role: SENDER, url: "https://x.example/2" }]')}`,
    'f:6:80: platforms[0].endpoints[1]: same module and role as platforms[0].endpoints[0]',
  ],
  [
    'refuses a key that is not 32 bytes',
    'secret_key: c2hvcnQ=',
    'f:2:13: secret_key: must be 32 bytes in Base64: make one with "openssl rand -base64 32"',
  ],
  [
    'refuses an old key that is not 32 bytes',
    `secret_key: [${KEY}, c2hvcnQ=]`,
    'f:2:60: secret_key[1]: must be 32 bytes in Base64: make one with "openssl rand -base64 32"',
  ],
  [
    'refuses a key that is no text, and does not print it',
    'secret_key: [12345]',
    'f:2:14: secret_key[0]: must be text, but YAML reads a number here; put it in quotes',
  ],
  [
    'refuses an empty key before an old one',
    `secret_key: ["", ${KEY}]`,
    'f:2:14: secret_key[0]: is the newest key: it must not be empty',
  ],
  ['refuses a key twice', `secret_key: [${KEY}, ${KEY}]`, 'f:2:60: secret_key[1]: same key as secret_key[0]'],
  [
    'refuses a list without any key when hubs share a registry',
    'registry: { driver: redis }\nsecret_key: [""]',
    'f:2:21: registry.driver: redis needs secret_key, one for all hubs on it ("openssl rand -base64 32" makes it)',
  ],
  [
    'needs a secret key when hubs share a registry',
    'registry: { driver: redis }',
    'f:2:21: registry.driver: redis needs secret_key, one for all hubs on it ("openssl rand -base64 32" makes it)',
  ],
  [
    'refuses another store than redis',
    'registry: { url: "http://127.0.0.1" }',
    'f:2:18: registry.url: a Redis URL is redis://, rediss://, redis+sentinel:// or redis+cluster://',
  ],
  [
    'says what is wrong with the address of a Redis, without its password',
    'registry: { url: "redis://secret-password@h" }',
    'f:2:18: registry.url: a Redis URL has user:password@ or :password@ before its host',
  ],
  [
    'needs an admin token beyond loopback',
    'listen: { admin: { host: 0.0.0.0 } }',
    'f:2:26: listen.admin.host: is beyond loopback, so admin.token or admin.tokens must be set',
  ],
  [
    'refuses a request that has arrived before its headers have',
    'listen: { ocpi: { headers_timeout: 30s } }',
    'f:2:36: listen.ocpi.headers_timeout: must not be longer than request_timeout (20s)',
  ],
  [
    'refuses it at the other key as well',
    'listen: { ocpi: { request_timeout: 5s } }',
    'f:2:36: listen.ocpi.request_timeout: must not be shorter than headers_timeout (10s)',
  ],
  [
    'refuses one port for both listeners',
    'listen: { admin: { port: 8080 } }',
    'f:2:26: listen.admin.port: must differ from listen.ocpi.port',
  ],
  [
    'refuses an admin token that is no SHA-256',
    'admin: { tokens: [{ name: x, role: read, sha256: abc }] }',
    'f:2:50: admin.tokens[0].sha256: must be the SHA-256 of the token: 64 hexadecimal digits',
  ],
  [
    'refuses a duplicate key',
    'sandbox: true\nsandbox: false',
    'f:3:1: not valid YAML: Map keys must be unique',
  ],
  [
    'refuses an alias without anchor',
    'log: { level: *x }',
    'f:2:15: no anchor stands before this alias; a text that starts with * needs quotes',
  ],
  [
    'refuses an alias inside of itself',
    'routes: &x\n  - *x',
    'f:3:5: this alias stands inside of what it stands for',
  ],
]

// biome-ignore format: a table is read in columns
const ROUTES: readonly (readonly [rule: string, route: string, ...faults: string[]])[] = [
  [
    'takes countries and parties as patterns only',
    'from: N*',
    'f:3:13: routes[0].from: must be a party (DE-CPO), the parties of a country (NL-*) or anybody ("*")',
  ],
  [
    'takes none for TO alone',
    'from: none',
    'f:3:13: routes[0].from: must be a party (DE-CPO), the parties of a country (NL-*) or anybody ("*")',
  ],
  [
    'takes none on its own',
    'to: [none]',
    'f:3:12: routes[0].to[0]: must be a party (DE-CPO), the parties of a country (NL-*) or anybody ("*")',
  ],
  ['refuses an empty list', 'from: []', 'f:3:13: routes[0].from: must not be an empty list'],
  [
    'knows the methods',
    'method: [GET, PUTT]',
    'f:3:21: routes[0].method[1]: must be one of GET, POST, PUT, PATCH, DELETE (did you mean "PUT"?)',
  ],
  [
    'delivers to one party',
    'deliver_to: "NL-*"',
    'f:3:19: routes[0].deliver_to: must name a party, as in NL-EMS',
  ],
  ['knows one action', 'action: allow', 'f:3:15: routes[0].action: must be deny'],
  ['refuses an action with nothing behind it', 'action:', 'f:3:7: routes[0].action: must have a value, or be left out'],
  [
    'refuses what a denied request never meets',
    'action: deny, timeout: 5s',
    'f:3:30: routes[0].timeout: means nothing in a route that denies',
  ],
  ['takes rates per period', 'rate: 100', 'f:3:13: routes[0].rate: must be a rate, as in 100/s or 6000/1m'],
  ['refuses a bare number as a time-out', 'timeout: 60', `f:3:16: routes[0].timeout: ${DURATION}`],
]

test.each(VALUES)('%s', (_rule, rest, ...faults) => expect(withHub(rest)).toEqual(faults))

test.each(ROUTES)('in a route, %s', (_rule, route, ...faults) => {
  expect(withHub(`routes:\n  - { ${route} }`)).toEqual(faults)
})
