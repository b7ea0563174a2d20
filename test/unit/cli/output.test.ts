// What is printed of the words of parties: nothing that a terminal would obey.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cli } from './run.ts'
import { json, scriptedServer, type ScriptedServer } from './scripted-server.ts'

describe('what a party has written', () => {
  const steering = 'a\u001b[2J\u009b31m\u007f\u0085\u2028\u202e\u061c\u2066z'
  const platform = { id: 'acme', roles: [{ name: steering }] }
  // eslint-disable-next-line no-control-regex
  const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e\u061c\u2066]/

  let server: ScriptedServer
  beforeEach(async () => {
    server = await scriptedServer((request, response) => json(platform)(request, response))
  })
  afterEach(() => server.close())

  function run(argv: readonly string[]) {
    return cli(argv, { env: { OCPI_HUB_ADMIN_URL: server.url } })
  }

  test('steers no terminal, in whatever form it is printed', async () => {
    const { out } = await run(['platforms', 'show', 'acme'])
    expect(out).toContain('31m')
    expect(out).not.toMatch(unsafe)
  })

  test('is the same value in JSON', async () => {
    const { out } = await run(['platforms', 'show', 'acme', '--json'])
    expect(out).not.toMatch(unsafe)
    expect(JSON.parse(out)).toEqual(platform)
  })
})
