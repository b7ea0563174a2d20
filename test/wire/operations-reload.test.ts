// The configuration file read again while the hub runs: what applies at once, what refuses the whole, and that no
// request notices.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HubConfig } from '../../src/config/hub-config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createHub, type Hub } from '../../src/hub.ts'
import { operate, type AdminInit } from '../support/admin.ts'
import { endCliProcesses, startCli } from '../support/cli-process.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { faultServer } from '../support/fault-server.ts'
import { inTime, timed } from '../support/in-time.ts'
import { party, type Party } from '../support/party.ts'
import { NEVER } from '../support/party-server.ts'
import { waitFor } from '../support/wait.ts'
import { cli } from '../unit/cli/run.ts'

interface FileOptions {
  readonly parties?: readonly Party[]
  /** Lines instead of, or besides, the usual ones, by section. */
  readonly sections?: Readonly<Record<string, string>>
  readonly routes?: string
}

let emsp: Party
let cpo: Party
let late: Party
let hub: Hub
let directory: ReturnType<typeof makeDirectory>

const file = () => join(directory.path, 'hub.yaml')

beforeEach(async () => {
  directory = makeDirectory()
  emsp = party('NL-EMS', 'EMSP')
  cpo = party('DE-CPO', 'CPO').answers('*', { json: ok([]) })
  late = party('BE-CPO', 'CPO').answers('*', { json: ok([]) })
  await Promise.all([emsp.listen(), cpo.listen(), late.listen()])
  write({})
  hub = await createHub(await read(), { load: () => loadConfig(file(), {}) })
  for (const one of [emsp, cpo, late]) one.join(hub.ocpiUrl)
})
afterEach(async () => {
  await endCliProcesses()
  await hub.close()
  await Promise.all([emsp.close(), cpo.close(), late.close()])
  directory.remove()
})

const SECTIONS = {
  hub: '{ country_code: NL, party_id: HUB, name: Hub, public_url: http://hub.example }',
  listen: '{ ocpi: { host: 127.0.0.1, port: 0 }, admin: { host: 127.0.0.1, port: 0 } }',
  admin: `{ token: ${ADMIN_TOKEN} }`,
  registry: '{ path: ":memory:" }',
  network: '{ require_https: false, allow: [127.0.0.0/8] }',
  forwarding: '{ timeout: 5s }',
  log: '{ level: silent }',
}

function write({ parties = [emsp, cpo], sections = {}, routes = '[]' }: FileOptions): void {
  const lines = Object.entries({ ...SECTIONS, ...sections }).map(([name, text]) => `${name}: ${text}`)
  writeFileSync(
    file(),
    [...lines, 'platforms:', ...parties.map(platformText), `routes: ${routes}`, ''].join('\n'),
  )
}

function platformText(one: Party): string {
  const { id, version, tokens, versionsUrl, endpoints, roles, status } = one.platform()
  const { inbound, outbound } = tokens
  const names = roles.map(({ countryCode, partyId, role }) => ({
    country_code: countryCode,
    party_id: partyId,
    role,
  }))
  const text = {
    id,
    version,
    tokens: { inbound, outbound },
    versions_url: versionsUrl,
    endpoints,
    roles: names,
    status,
  }
  return `  - ${JSON.stringify(text)}`
}

async function read(): Promise<HubConfig> {
  const loaded = await loadConfig(file(), {})
  if (!loaded.config) throw new Error(JSON.stringify(loaded.faults))
  return loaded.config
}

const reload = (init: AdminInit = {}) => operate(hub, 'POST /reload', init)

describe('a reload', () => {
  it('of the same file changes nothing and says so', async () => {
    const revision = hub.registry.table().connections.get('de-cpo')
    const answer = await reload()
    expect([answer.status, answer.json]).toEqual([200, { changes: [] }])
    expect(hub.registry.table().connections.get('de-cpo')!.platform).toEqual(revision!.platform)
    expect((await operate(hub, 'GET /audit')).json.items).toMatchObject([
      { action: 'config.reload', detail: 'nothing has changed' },
    ])
  })

  it('connects platforms that came and forgets those that went', async () => {
    expect((await emsp.gets('locations', { to: 'BE-CPO' })).json().status_code).toBe(4001)
    const dated = hub.registry.table().connections.get('nl-ems')!.platform.roles[0]!.lastUpdated
    write({ parties: [emsp, late] })
    const answer = await reload()
    expect(answer.json.changes).toEqual([
      { key: 'platforms', added: ['be-cpo'], removed: ['de-cpo'], changed: [] },
    ])
    expect((await emsp.gets('locations', { to: 'BE-CPO' })).json().status_code).toBe(1000)
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(4001)
    expect(hub.registry.table().connections.get('nl-ems')!.platform.roles[0]!.lastUpdated).toBe(dated)
    const [entry] = (await operate(hub, 'GET /audit')).json.items
    expect(entry).toMatchObject({ who: 'admin', action: 'config.reload', detail: 'changed: platforms' })
  })

  it('takes over routes, deadlines, liveness and the level of the log at once', async () => {
    write({
      routes: '[{ to: DE-CPO, module: cdrs, action: deny }]',
      sections: {
        forwarding: '{ timeout: 200ms, connect_timeout: 150ms }',
        liveness: '{ offline_after: 7 }',
        log: '{ level: silent, exchanges: all }',
      },
    })
    const { json } = await reload()
    expect(json.changes).toEqual([
      { key: 'forwarding.connect_timeout', before: '5s', after: '150ms' },
      { key: 'forwarding.timeout', before: '5s', after: '200ms' },
      { key: 'liveness.offline_after', before: '3', after: '7' },
      { key: 'log.exchanges', before: 'errors', after: 'all' },
      { key: 'routes' },
    ])
    expect((await emsp.gets('cdrs', { to: 'DE-CPO' })).json().data?.fault).toBe('to_denied')
    cpo.answers('tariffs', NEVER)
    const slow = await emsp.gets('tariffs', { to: 'DE-CPO' })
    expect(slow.json().data?.fault).toBe('http_response_timeout')
    // It was 5 s before.
    expect(slow.elapsedMs).toBeLessThan(4_000)
  })

  it('can be looked at before: the same difference, and nothing is changed', async () => {
    write({ parties: [emsp, late], sections: { forwarding: '{ timeout: 6s }' } })
    const preview = await operate(hub, 'GET /reload')
    expect([preview.status, preview.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect((await emsp.gets('locations', { to: 'BE-CPO' })).json().status_code).toBe(4001)
    expect((await reload()).json).toEqual(preview.json)
    expect((await operate(hub, 'GET /reload')).json).toEqual({ changes: [] })
    write({ sections: { forwarding: '{ timeout: 6 }' } })
    expect((await operate(hub, 'GET /reload')).json.faults).toHaveLength(1)
    expect((await operate(hub, 'GET /reload', { token: null })).status).toBe(401)
  })

  it('reaches handshakes with the time they have: liveness.timeout', async () => {
    const silent = await faultServer('silence')
    write({ sections: { liveness: '{ timeout: 150ms }' } })
    expect((await reload()).status).toBe(200)
    const json = { id: 'slow', versions_url: `${silent.url}/ocpi/versions`, token: 'x' }
    await inTime(3_000, () =>
      timed(async () => {
        const answer = await operate(hub, 'POST /platforms', { json })
        expect(answer.json).toMatchObject({ status: 504, fault: 'http_response_timeout' })
      }),
    )
    await silent.close()
  })

  it('leaves routes alone that were set over the admin API', async () => {
    await operate(hub, 'PUT /routes', { json: { items: [] } })
    write({ routes: '[{ to: DE-CPO, action: deny }]' })
    expect((await reload()).status).toBe(200)
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    await operate(hub, 'DELETE /routes')
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().data?.fault).toBe('to_denied')
  })

  it('changes admin tokens; the old one is out at once', async () => {
    write({ sections: { admin: '{ token: another-token-of-the-operator }' } })
    const answer = await reload()
    expect(answer.json.changes).toEqual([{ key: 'admin.token' }])
    expect(answer.text).not.toContain('another-token')
    expect((await operate(hub, 'GET /status')).status).toBe(401)
    expect((await operate(hub, 'GET /status', { token: 'another-token-of-the-operator' })).status).toBe(200)
  })

  it('of a file with faults names each with its line, and changes nothing', async () => {
    write({ parties: [late], sections: { forwarding: '{ timeot: 5s, connect_timeout: 5 }' } })
    const answer = await reload()
    expect(answer.status).toBe(422)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.json.faults).toEqual([
      { file: file(), line: 6, col: 15, message: expect.stringContaining('unknown key') },
      { file: file(), line: 6, col: 44, message: expect.stringContaining('must be a duration') },
    ])
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
  })

  it('by command line prints what has changed, or each fault with its place', async () => {
    const env = { OCPI_HUB_ADMIN_URL: hub.adminUrl, OCPI_HUB_ADMIN_TOKEN: ADMIN_TOKEN }
    write({ parties: [emsp, late], sections: { forwarding: '{ timeout: 6s }' } })
    expect(await cli(['reload'], { env })).toEqual({
      code: 0,
      out: 'forwarding.timeout: 5s -> 6s\nplatforms: +be-cpo -de-cpo',
      err: '',
    })
    write({ sections: { forwarding: '{ timeout: 6 }' } })
    const { code, err } = await cli(['reload'], { env })
    expect(code).toBe(1)
    expect(err.split('\n')).toEqual([
      'error: Unprocessable Entity: The configuration file is not valid; nothing was changed.',
      expect.stringMatching(/hub\.yaml:6:24: forwarding\.timeout: must be a duration/),
    ])
  })

  it.each([
    [
      'listen.ocpi.port',
      { listen: '{ ocpi: { host: 127.0.0.1, port: 1 }, admin: { host: 127.0.0.1, port: 0 } }' },
    ],
    [
      'hub.party_id',
      { hub: '{ country_code: NL, party_id: HUX, name: Hub, public_url: http://hub.example }' },
    ],
    ['registry.path', { registry: '{ path: elsewhere }' }],
    ['secret_key', { secret_key: Buffer.alloc(32, 9).toString('base64') }],
    ['admin.token', { admin: '{ token: "" }' }],
    ['network.require_https', { network: '{ require_https: "false", allow: [10.0.0.0/8] }' }],
  ])('that changes %s is refused as a whole, because it needs a restart', async (key, sections) => {
    const wanted = key === 'network.require_https' ? 'network.allow' : key
    write({ parties: [emsp, late], sections: sections as unknown as Record<string, string> })
    const answer = await reload()
    expect(answer.status, answer.text).toBe(409)
    expect(answer.json.restart_needed).toEqual([wanted])
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    expect((await emsp.gets('locations', { to: 'BE-CPO' })).json().status_code).toBe(4001)
  })

  it('is refused where there is no file, and to those who may only read', async () => {
    const other = await createHub(await read())
    expect((await operate(other, 'POST /reload')).status).toBe(409)
    await other.close()
    expect((await reload({ token: null })).status).toBe(401)
  })

  it('is asked for with SIGHUP as well', async () => {
    write({ sections: { log: '{ level: info }' } })
    const again = startCli(['serve', '--config', file()])
    await waitFor(() => again.out().includes('ocpi-hub serves'), { limitMs: 15_000 })
    write({ sections: { log: '{ level: info }', forwarding: '{ timeout: 7s }' } })
    again.signal('SIGHUP')
    await waitFor(() => again.out().includes('the configuration was read again'))
    expect(again.out()).toContain('"key":"forwarding.timeout","before":"5s","after":"7s"')
    await waitFor(() => again.out().includes('"who":"signal SIGHUP"'))
    write({ sections: { forwarding: '{ timeout: 7 }' } })
    again.signal('SIGHUP')
    await waitFor(() => again.out().includes('the configuration is not valid; nothing was changed'))
    again.signal('SIGINT')
    expect(await again.ended).toBe(0)
  })

  it('drops no request: those under way end, those that come go on', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    cpo.answers('tariffs', async () => {
      await held
      return { json: ok([]) }
    })
    const underWay = Array.from({ length: 5 }, () => emsp.gets('tariffs', { to: 'DE-CPO' }))
    await waitFor(() => cpo.requests.length === 5)
    let stop = false
    const codes: number[] = []
    const stream = (async () => {
      while (!stop) codes.push((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code)
    })()
    for (const parties of [
      [emsp, cpo, late],
      [late, cpo, emsp],
      [emsp, cpo],
    ]) {
      write({ parties, routes: `[{ to: BE-CPO, timeout: ${parties.length}s }]` })
      expect((await reload()).status).toBe(200)
    }
    const enough = codes.length + 20
    await waitFor(() => codes.length > enough)
    stop = true
    release()
    await stream
    expect(new Set(codes)).toEqual(new Set([1000]))
    for (const answer of await Promise.all(underWay)) expect(answer.json().status_code).toBe(1000)
  })
})
