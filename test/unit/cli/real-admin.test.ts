// The command line against the real admin API: both sides mean the same by paths, parameters and members.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATE_TOKEN, startAdmin, type TestAdmin } from '../admin/admin-server.ts'
import { failure as failedExchange } from '../journal/examples.ts'
import { cli, type CliOptions } from './run.ts'

let admin: TestAdmin
beforeAll(async () => {
  admin = await startAdmin()
})
afterAll(() => admin.close())

function run(argv: readonly string[], options: CliOptions = {}) {
  return cli(argv, {
    ...options,
    env: { OCPI_HUB_ADMIN_URL: admin.url, OCPI_HUB_ADMIN_TOKEN: OPERATE_TOKEN },
  })
}

function failsNow(to: string) {
  return failedExchange({
    startedAt: Date.now(),
    from: 'NL-EMS',
    to,
    reference: admin.journal.newReference(),
  })
}

describe('the command line and the admin API', () => {
  test('parties', async () => {
    const { code, out } = await run(['parties'])
    expect(code).toBe(0)
    expect(out).toMatch(/^DE-CPO +CPO +CONNECTED +- +cpo +Acme Charging$/m)
    expect(out).toMatch(/^NL-EMS +EMSP +OFFLINE/m)
  })

  test('platforms list and show', async () => {
    expect((await run(['platforms', 'list'])).out).toMatch(
      /^ems +OFFLINE +2\.2\.1 +registered +NL-EMS EMSP$/m,
    )
    const { out } = await run(['platforms', 'show', 'cpo'])
    expect(out).toContain('fingerprint: aaaaaaaa')
    expect(await run(['platforms', 'show', 'nobody'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: Not Found: /) as string,
    })
  })

  test('errors with every filter, one error, and following', async () => {
    const exchange = failsNow('DE-CPO')
    admin.journal.record(exchange)
    const filters = ['--from', 'NL-EMS', '--to', 'de*cpo', '--since', '1d', '--until', '2100-01-01']
    const { code, err, out } = await run(['errors', ...filters, '--json'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const items = (JSON.parse(out) as { items: { reference: string }[] }).items
    expect(items.map(({ reference }) => reference)).toContain(exchange.reference)
    expect((await run(['errors', exchange.reference!])).out).toContain(`reference: ${exchange.reference}`)
    for (const flag of ['code', 'fault', 'at', 'module', 'correlation-id', 'responder-code']) {
      const value = { code: '4003', fault: 'dns_error', at: 'hub' }[flag] ?? 'x'
      expect(await run(['errors', `--${flag}`, value])).toMatchObject({ code: 0 })
    }
  })

  test('errors --follow shows what happens after its start', async () => {
    const stop = new AbortController()
    const seen: string[] = []
    const first = failsNow('DE-XXX')
    const later = failsNow('DE-XXX')
    admin.journal.record(first)
    const { code } = await run(['errors', '--follow', '--to', 'DE-XXX', '--since', '1d', '--json'], {
      stop: stop.signal,
      onOut(text) {
        seen.push((JSON.parse(text) as { reference: string }).reference)
        if (seen.length === 1) admin.journal.record(later)
        else stop.abort()
      },
    })
    expect(code).toBe(0)
    expect(seen).toEqual([first.reference, later.reference])
  })

  test('healthcheck', async () => {
    expect(await cli(['healthcheck', '--admin-url', admin.url])).toMatchObject({ code: 0 })
    admin.draining = true
    expect(await cli(['healthcheck', '--ready', '--admin-url', admin.url])).toMatchObject({ code: 1 })
    admin.draining = false
  })

  test('a token that is not known', async () => {
    const { code, err } = await cli(['parties', '--admin-url', admin.url], {
      env: { OCPI_HUB_ADMIN_TOKEN: 'nonsense' },
    })
    expect(code).toBe(1)
    expect(err).toMatch(/does not know the token/)
  })
})
