// What a whole file may and may not say: what is missing, what contradicts, and what comes out of a good one.

import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../src/config/load.ts'
import { PUBLIC_URL_LENGTH_MAX } from '../../../src/links/hub-url.ts'
import { faultsOf, HUB, platform, withHub } from './bad-files.ts'

describe('readConfig', () => {
  test('asks for quotes around a party id that YAML reads as a number', () => {
    expect(
      faultsOf('hub:\n  country_code: NL\n  party_id: 010\n  name: H\n  public_url: https://h.example'),
    ).toEqual(['f:3:13: hub.party_id: must be text, but YAML reads a number here; quote it: "010"'])
    expect(withHub(platform('').replace('party_id: CPO', 'party_id: 1E3'))).toEqual([
      'f:5:43: platforms[0].roles[0].party_id: must be text, but YAML reads a number here; quote it: "1E3"',
    ])
  })

  test('reads Norway as a country', () => {
    const { config } = readConfig(HUB.replace('NL', 'NO'), 'f', {})
    expect(config?.hub.countryCode).toBe('NO')
  })

  test("checks the form of the hub's address and URL", () => {
    const hub = 'hub: { country_code: NLD, party_id: HB, name: "", public_url: "https://h.example/" }'
    expect(faultsOf(hub)).toEqual([
      'f:1:22: hub.country_code: must be two letters (ISO 3166-1 alpha-2)',
      'f:1:37: hub.party_id: must be three letters or digits',
      'f:1:47: hub.name: must not be empty',
      'f:1:63: hub.public_url: must not end with a slash',
    ])
    expect(faultsOf(HUB.replace('hub.example', 'hub.example/ocpi?x'))[0]).toMatch(
      /public_url: must not have a query/,
    )
    const longest = `hub.example/${'p'.repeat(PUBLIC_URL_LENGTH_MAX - 'https://hub.example/'.length)}`
    expect(faultsOf(HUB.replace('hub.example', longest))).toEqual([])
    expect(faultsOf(HUB.replace('hub.example', `${longest}p`))[0]).toMatch(
      /public_url: must not be longer than 150 characters/,
    )
  })

  test('names what is missing', () => {
    expect(faultsOf('')).toEqual(['f:1:1: hub is missing'])
    expect(faultsOf('hub:\n  name: H\n')).toEqual([
      'f:2:3: hub.country_code is missing',
      'f:2:3: hub.party_id is missing',
      'f:2:3: hub.public_url is missing',
    ])
    expect(faultsOf('just words')).toEqual(['f:1:1: the file must be a section of keys'])
  })

  test('refuses a version of the hub twice', () => {
    expect(faultsOf(HUB.replace(' }', ', versions: ["2.2.1", "2.3.0", "2.2.1"] }'))).toEqual([
      'f:1:116: hub.versions[2]: same version as hub.versions[0]',
    ])
  })

  test('refuses two platforms with one id, one inbound token, or one party in one role', () => {
    const text = `platforms:
  - id: a
    tokens: { inbound: same-token }
    roles: [{ country_code: DE, party_id: CPO, role: CPO }, { country_code: NL, party_id: HUB, role: CPO }]
  - id: a
    tokens: { inbound: same-token }
    roles:
      - { country_code: de, party_id: cpo, role: EMSP }
      - { country_code: de, party_id: cpo, role: CPO }`
    expect(withHub(text)).toEqual([
      "f:5:61: platforms[0].roles[1]: NL-HUB is the hub's own address",
      'f:6:9: platforms[1].id: same id as platforms[0].id',
      'f:7:24: platforms[1].tokens.inbound: same inbound token as platforms[0].tokens.inbound',
      'f:10:9: platforms[1].roles[1]: DE-CPO as CPO is claimed by platforms[0].roles[0] already',
    ])
  })

  test('reports all faults at once, in the order of the file', () => {
    const faults = withHub(
      `log: { level: x }\nforwarding: { timeout: 1 }\nregistry: { driver: redis }\nfoo: 1\n${platform('id2: 1')}`,
    )
    expect(faults.map((fault) => fault.split(': ')[1])).toEqual([
      'log.level',
      'forwarding.timeout',
      'registry.driver',
      'foo',
      'platforms[0].id2',
    ])
  })

  test('names a key that is empty', () => {
    expect(withHub('"": 1')).toEqual(['f:2:1: "": unknown key'])
  })

  test('takes a key with nothing behind it as left out', () => {
    const result = readConfig(`${HUB}\nadmin:\nplatforms:\nforwarding:\n  timeout:\n`, 'f', {})
    expect(result.faults).toEqual([])
    expect(result.config?.forwarding.timeoutMs).toBe(30_000)
  })

  test('reads units, lists and patterns into the shapes of the program', () => {
    const { config } = readConfig(
      `${HUB}
forwarding: { timeout: 1.5s, max_request_body: 10MB, max_response_body: 1KiB }
routes:
  - { from: "NL-*", to: [DE-CPO, de*abc], module: commands, timeout: 60s, max_in_flight: 5, rate: 6000/1m }
  - { to: none, method: [POST], deliver_to: nl*ems }
  - { from: "*", action: deny }`,
      'f',
      {},
    )
    expect(config?.forwarding).toMatchObject({
      timeoutMs: 1500,
      maxResponseBodyBytes: 1024,
    })
    expect(config?.arrival.maxRequestBodyBytes).toBe(10_000_000)
    expect(config?.routes).toEqual([
      {
        from: ['NL-*'],
        to: ['DE-CPO', 'de*abc'],
        module: ['commands'],
        timeoutMs: 60_000,
        maxInFlight: 5,
        rate: { requests: 6000, perMs: 60_000 },
      },
      { to: 'none', method: ['POST'], deliverTo: 'NL-EMS' },
      { from: ['*'], action: 'deny' },
    ])
  })

  test('gives a configuration that nobody can change', () => {
    const { config } = readConfig(`${HUB}\nroutes: [{ from: "*" }]`, 'f', {})
    expect(() => ((config as { sandbox: boolean }).sandbox = true)).toThrow(TypeError)
    expect(() => (config!.routes[0]!.from as string[]).push('x')).toThrow(TypeError)
  })

  test('refuses an admin token twice, in whatever case its hash is written', () => {
    const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    const reader = `- { name: x, role: read, sha256: ${hash} }`
    const operator = `- { name: y, role: operate, sha256: ${hash.toUpperCase()} }`
    expect(withHub(`admin:\n  tokens:\n    ${reader}\n    ${operator}`)).toEqual([
      'f:5:41: admin.tokens[1].sha256: same token as admin.tokens[0].sha256',
    ])
    expect(withHub(`admin:\n  token: abc\n  tokens:\n    ${reader}`)).toEqual([
      'f:5:38: admin.tokens[0].sha256: same token as admin.token',
    ])
  })

  test('needs no admin token on loopback, nor beyond it when there are named ones', () => {
    expect(withHub('listen: { admin: { host: "::1" } }')).toEqual([])
    expect(withHub('listen: { admin: { host: localhost } }')).toEqual([])
    const named = `admin: { tokens: [{ name: a, role: read, sha256: ${'a'.repeat(64)} }] }`
    expect(withHub(`listen: { admin: { host: 0.0.0.0 } }\n${named}`)).toEqual([])
  })

  test('explains a file that is not YAML, once', () => {
    expect(faultsOf('hub:\n\tname: x')).toEqual([
      'f:2:1: not valid YAML: Tabs are not allowed as indentation',
    ])
    expect(faultsOf('hub: {\n  name: x\nlog: {}')[0]).toMatch(/^f:\d+:\d+: not valid YAML: /)
    expect(faultsOf('--- \na: 1\n---\nb: 1')).toEqual([
      'f:3:1: not valid YAML: Source contains multiple documents',
    ])
  })
})
