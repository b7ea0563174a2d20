// What people read of the sandbox: the lines of the terminal, the YAML to paste, the page of the documentation.

import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/config/load.ts'
import { DIALECTS } from '../../../src/dialects/dialect.ts'
import { partyKey } from '../../../src/ocpi/party.ts'
import { describeSandbox, renderSandboxPage, renderSandboxPlatforms } from '../../../src/sandbox/describe.ts'
import { SANDBOX_PARTIES } from '../../../src/sandbox/parties.ts'
import { toPlatform } from '../../../src/sandbox/platform.ts'

const PLATFORMS = SANDBOX_PARTIES.map((party, index) => toPlatform(party, `http://127.0.0.1:${9100 + index}`))

describe('the YAML of the platforms', () => {
  it('is read by the hub as it was meant, below platforms:', () => {
    const file = [
      'hub: { country_code: NL, party_id: HUB, name: Hub, public_url: "http://localhost:8080" }',
      'network: { require_https: false, allow: ["127.0.0.0/8"] }',
      `platforms:\n${renderSandboxPlatforms(PLATFORMS)}`,
    ].join('\n')
    const { config, faults } = readConfig(file, 'hub.yaml', {})
    expect(faults).toEqual([])
    expect(config?.platforms).toEqual(PLATFORMS)
  })

  it('has one line per endpoint', () => {
    const lines = renderSandboxPlatforms(PLATFORMS.slice(0, 1)).split('\n')
    expect(lines[0]).toBe('  - id: nl-ems')
    expect(lines).toContain(
      '      - { module: tokens, role: SENDER, url: http://127.0.0.1:9100/ocpi/2.2.1/sender/tokens }',
    )
  })
})

describe('the lines for a terminal', () => {
  it('say who is where, what it does and what to try', () => {
    const text = describeSandbox({
      parties: [
        { party: 'DE-CPO', address: 'http://127.0.0.1:9101', what: 'a sound CPO', try: 'as NL-EMS …' },
        { party: 'DE-OFF', address: 'http://127.0.0.1:1', what: 'closed', try: 'as NL-EMS …' },
      ],
    })
    expect(text).toBe(
      [
        'DE-CPO  http://127.0.0.1:9101  a sound CPO',
        '        as NL-EMS …',
        'DE-OFF  http://127.0.0.1:1     closed',
        '        as NL-EMS …',
      ].join('\n'),
    )
  })
})

describe('the page', () => {
  const page = renderSandboxPage()

  it('is the same at every call and ends with one newline', () => {
    expect(renderSandboxPage()).toBe(page)
    expect(page).toMatch(/[^\n]\n$/)
  })

  it('has a row for every party, with its default address', () => {
    for (const party of SANDBOX_PARTIES)
      expect(page).toContain(`| ${partyKey(party)} | ${party.roles.join(', ')}`)
    expect(page).toContain('| http://127.0.0.1:9101 |')
    expect(page).toContain('| http://127.0.0.1:1 |')
  })

  it('has the token to call with, and every code of the dialects', () => {
    expect(page).toContain(Buffer.from('sandbox-nl-ems').toString('base64'))
    for (const { rows } of Object.values(DIALECTS)) {
      for (const { code } of rows) expect(page).toContain(`\`${code}\``)
    }
  })
})
