// Variables of the environment in a configuration: where they are replaced, what they cannot do, and that no secret
// is ever printed.

import { describe, expect, test } from 'vitest'
import { describeConfig } from '../../../src/config/describe.ts'
import { formatFault, readConfig } from '../../../src/config/load.ts'
import { maskReferences, substitute } from '../../../src/config/substitute.ts'

const HUB = `hub: { country_code: NL, party_id: HUB, name: "\${NAME:-Hub}", public_url: "https://hub.example" }`

describe('substitute', () => {
  test.each([
    ['${A}', { A: 'x' }, 'x'],
    ['a${A}b${B}', { A: '1', B: '2' }, 'a1b2'],
    ['${A:-d}', {}, 'd'],
    ['${A:-d}', { A: '' }, 'd'],
    ['${A:-}', {}, ''],
    ['${A}', { A: '' }, ''],
    ['${A:-redis://h:1}', {}, 'redis://h:1'],
    ['$${A}', { A: 'x' }, '${A}'],
    ['$A $ {A}', { A: 'x' }, '$A $ {A}'],
    ['${A}', { A: '${B}' }, '${B}'],
    ['${A:-${B:-}}', {}, ''],
    ['${A:-${B:-}}', { A: 'abc' }, 'abc'],
    ['${A:-x${B:-${C}y}z}!', { C: 'c' }, 'xcyz!'],
    ['${A:-$${B}}', {}, '${B}'],
    ['${A:-$}${B}', { B: 'x' }, '$x'],
  ])('reads %s with %o as %s', (text, env, expected) => {
    expect(substitute(text, { env: env as Record<string, string> })).toMatchObject({
      text: expected,
      faults: [],
    })
  })

  test.each(['${', '${A', '${}', '${1A}', '${A-b}', '${A:?b}', '${a b}', '${A:-${B}'])(
    'refuses %s',
    (text) => {
      expect(substitute(text, { env: {} }).faults).toEqual([
        'a variable is written ${NAME} or ${NAME:-default}, and $${ stands for ${ itself',
      ])
    },
  )

  test('refuses defaults in each other without end, at no cost', () => {
    const deep = `${'${A:-'.repeat(20_000)}${'}'.repeat(20_000)}`
    expect(substitute(deep, { env: {} }).faults).toHaveLength(1)
    expect(maskReferences(deep)).toHaveLength(deep.length)
  })

  test('does not find variables in the prototype of the environment', () => {
    expect(substitute('${constructor}', { env: {} }).faults).toHaveLength(1)
  })

  test('keeps every offset of a masked text', () => {
    const text = '{ a: ${A:-[1,2]}, b: ${B} } # ${C'
    expect(maskReferences(text)).toHaveLength(text.length)
  })
})

describe('variables in a file', () => {
  test('may stand unquoted inside of braces', () => {
    const { config } = readConfig(
      `${HUB}\nlisten: { ocpi: { port: \${PORT:-8080} }, admin: { port: \${ADMIN} } }`,
      'f',
      { ADMIN: '9' },
    )
    expect([config?.listen.ocpi.port, config?.listen.admin.port]).toEqual([8080, 9])
  })

  test('may stand in the default of another, unquoted inside of braces', () => {
    const text = `${HUB}\nadmin: { token: \${T:-\${OLD_T:-}} }`
    const read = (env: Record<string, string>) => readConfig(text, 'f', env).config?.admin.token
    expect([read({}), read({ T: 'abc' }), read({ OLD_T: 'old' })]).toEqual([undefined, 'abc', 'old'])
  })

  test('give numbers and truth values where these are wanted', () => {
    const { config } = readConfig(`${HUB}\nsandbox: \${S}\nliveness: { offline_after: \${N} }`, 'f', {
      S: 'true',
      N: '7',
    })
    expect([config?.sandbox, config?.liveness.offlineAfter]).toEqual([true, 7])
  })

  test('stay text where text is wanted', () => {
    const { config } = readConfig(HUB, 'f', { NAME: '010' })
    expect(config?.hub.name).toBe('010')
  })

  test('cannot add YAML', () => {
    const { config } = readConfig(HUB, 'f', { NAME: 'x", public_url: "https://evil.example\nsandbox: true' })
    expect(config).toMatchObject({ sandbox: false, hub: { publicUrl: 'https://hub.example' } })
  })

  test('in a comment need not be set', () => {
    expect(readConfig(`${HUB}\n# \${NOT_SET}`, 'f', {}).faults).toEqual([])
  })

  test('that are not set are one fault each, where they stand', () => {
    const faults = readConfig(
      `${HUB}\nregistry:\n  url: \${REDIS}\n  driver: \${DRIVER}`,
      'f',
      {},
    ).faults.map(formatFault)
    expect(faults).toEqual([
      'f:3:8: environment variable REDIS is not set and has no default (${REDIS:-default})',
      'f:4:11: environment variable DRIVER is not set and has no default (${DRIVER:-default})',
    ])
  })

  test('are named when their value does not fit', () => {
    const faults = readConfig(`${HUB}\nforwarding: { timeout: \${T} }`, 'f', { T: '30' }).faults.map(
      formatFault,
    )
    expect(faults).toEqual([
      'f:2:24: forwarding.timeout: must be a duration with its unit, as in 250ms, 30s, 5m or 1h (it comes from ${T})',
    ])
  })

  test('leave a secret that is empty out', () => {
    const { config } = readConfig(`${HUB}\nadmin: { token: \${T:-} }\nsecret_key: \${K:-}`, 'f', {})
    expect(config?.admin).toEqual({ tokens: [] })
    expect(config?.secretKeys).toEqual([])
  })

  test('of an old key may be empty: it counts as none', () => {
    const [newer, older] = [1, 2].map((byte) => Buffer.alloc(32, byte))
    const K = newer!.toString('base64')
    const read = (env: Record<string, string>) =>
      readConfig(`${HUB}\nsecret_key: ["\${K}", "\${OLD:-}"]`, 'f', env).config?.secretKeys
    expect(read({ K })).toEqual([newer])
    expect(read({ K, OLD: older!.toString('base64') })).toEqual([newer, older])
  })
})

describe('secrets', () => {
  const CANARY = 'canary-7f3a9'
  const LEAKS = [
    `platforms: [{ id: a, tokens: { inbound: ${CANARY} ${CANARY} }, roles: [] }]`,
    `platforms: [{ id: a, tokens: { inbound: *${CANARY} }, roles: [] }]`,
    `platforms: [{ id: a, tokens: { inbound: "${CANARY}" }, roles: [] }, { id: b, tokens: { inbound: "${CANARY}" }, roles: [] }]`,
    `admin:\n  token: "${CANARY} x"\nsecret_key: ${CANARY}`,
    `admin:\n  token: x: ${CANARY}`,
    `admin:\n  token: "x\n${CANARY}`,
    `admin: ${CANARY}`,
    `registry: { url: "http://u:${CANARY}@h" }`,
    `log: { level: ${CANARY}, exchanges: \${SECRET} }`,
    `secret_key: !!${CANARY} x`,
    `- ${CANARY}\n${CANARY}: ${CANARY}`,
    `forwarding: { timeout: \${SECRET} }\nlisten: \${SECRET}\nplatforms: \${SECRET}\nroutes: [\${SECRET}, { from: \${SECRET} }]`,
  ]

  test.each(LEAKS)('are not printed by the faults of %j', (text) => {
    const { faults } = readConfig(`${HUB}\n${text}`, 'f', { SECRET: CANARY })
    expect(faults.length).toBeGreaterThan(0)
    for (const fault of faults) expect(fault.message).not.toContain(CANARY)
  })

  test('that YAML reads as numbers are not printed', () => {
    const { faults } = readConfig(
      `${HUB}\nplatforms:\n  - { id: a, tokens: { inbound: 0123456789 }, roles: [] }`,
      'f',
      {},
    )
    expect(faults[0]?.message).toMatch(
      /inbound: must be text, but YAML reads a number here; put it in quotes$/,
    )
  })

  test('are masked in the effective configuration', () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    const { config } = readConfig(
      `${HUB}
admin: { token: ${CANARY}, tokens: [{ name: g, role: read, sha256: ${'ab'.repeat(32)} }] }
registry: { driver: redis, url: "redis://me:${CANARY}@h:1" }
secret_key: ${key}
platforms: [{ id: a, tokens: { inbound: ${CANARY}1, outbound: ${CANARY}2 }, roles: [{ country_code: DE, party_id: CPO, role: CPO }] }]`,
      'f',
      {},
    )
    const text = describeConfig(config!)
    expect(text).not.toMatch(/canary|abab/)
    expect(text).not.toContain(key)
    expect(text.match(/\*{8}/g)).toHaveLength(6)
  })
})
