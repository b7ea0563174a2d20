// What operators see and set of platforms that do not answer in OCPI: the alarm names the likely cause, a declined
// connection stays quiet, and the error format is set in the admin API and on the command line.

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { DIALECT_NAMES, DIALECTS } from '../../src/dialects/dialect.ts'
import type { JournalEntry } from '../../src/journal/journal-entry.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { operate } from '../support/admin.ts'
import { askFor, type DialectScene, MODULE, stageDialects } from '../support/dialects.ts'
import { expectFault } from '../support/expect-fault.ts'
import { party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'
import { cli, type CliResult } from '../unit/cli/run.ts'
import { FIXTURES } from '../unit/dialects/fixture.ts'

let scene: DialectScene
beforeAll(async () => {
  scene = await stageDialects({ liveness: { probeAfterMs: 3_600_000, timeoutMs: 300, offlineAfter: 3 } })
})
afterAll(() => scene.close())
afterEach(() => vi.restoreAllMocks())

function run(...argv: string[]): Promise<CliResult> {
  const { adminUrl } = scene.hub
  return cli(argv, { env: { OCPI_HUB_ADMIN_URL: adminUrl, OCPI_HUB_ADMIN_TOKEN: ADMIN_TOKEN } })
}

const statusOf = (id: string) => scene.hub.registry.table().connections.get(id)?.platform.status

describe('the alarm for a refused hub', () => {
  const refusing = FIXTURES.flatMap(({ name, rows, spell }) =>
    rows.filter(({ likelyCause }) => likelyCause).map((row) => ({ name, row, spell })),
  )

  it.each(refusing)('of $row.code names its likely cause, in the log and in the journal', async (each) => {
    const { name, row, spell } = each
    const error = vi.spyOn(scene.hub.log, 'error')
    // An answer in between, so that this refusal is the first in a row.
    await askFor(scene, scene[name], { json: {} })
    const answer = await askFor(scene, scene[name], { status: row.http, json: spell(row) })
    const entry = await expectFault(scene.hub, answer, 'token_rejected')
    const [fields] = error.mock.calls[0] as [{ alarm: string; platform: string; detail: string }, string]
    expect(fields).toMatchObject({ alarm: 'token_rejected', platform: scene[name].id })
    expect(fields.detail).toMatch(row.likelyCause!)
    expect(entry.detail).toMatch(row.likelyCause!)
    // The requester is told whose turn it is, not what is wrong with the hub.
    expect(answer.body.toString()).not.toMatch(/likely cause/)
  })

  it.each([
    [401, /expired or was replaced/],
    [403, /allow-list/],
  ])('of a plain HTTP %d names one as well', async (status, cause) => {
    const error = vi.spyOn(scene.hub.log, 'error')
    await askFor(scene, scene.ocpi, { json: { status_code: 1000 } })
    const answer = await askFor(scene, scene.ocpi, { status, body: '' })
    const entry = await expectFault(scene.hub, answer, 'token_rejected')
    expect(error.mock.calls.map(([fields]) => fields)).toEqual([
      { alarm: 'token_rejected', platform: 'nl-ocp', detail: expect.stringMatching(cause) as string },
    ])
    expect(entry.detail).toMatch(cause)
  })
})

describe('a declined connection', () => {
  it('is neither repeated nor probed for, raises no alarm, and leaves the party CONNECTED', async () => {
    const { opencharge, hub } = scene
    const error = vi.spyOn(hub.log, 'error')
    opencharge.forget()
    for (let count = 0; count < 10; count++) {
      const answer = await askFor(scene, opencharge, { status: 403, body: '' })
      await expectFault(hub, answer, 'connection_declined')
    }
    expect(opencharge.requests).toHaveLength(10)
    opencharge.answers('/', { status: 403, body: '' })
    for (let count = 1; count <= 4; count++) {
      const { json } = await operate(hub, 'POST /platforms/nl-ope/probe')
      expect(json).toMatchObject({ ok: false, fault: 'connection_declined', status: 'CONNECTED' })
      expect(opencharge.asked).toHaveLength(count)
    }
    expect(error).not.toHaveBeenCalled()
    expect(statusOf('nl-ope')).toBe('CONNECTED')
  })
})

describe('the error format of a platform', () => {
  it('is set when a connection is prepared, changed afterwards, and shown', async () => {
    const created = await operate(scene.hub, 'POST /platforms', { json: { id: 'acme', errors: 'ivxp' } })
    expect(created.status).toBe(201)
    expect((await operate(scene.hub, 'GET /platforms/acme')).json.errors).toBe('ivxp')
    for (const errors of [...DIALECT_NAMES].reverse()) {
      const patched = await operate(scene.hub, 'PATCH /platforms/acme', { json: { errors } })
      expect([patched.status, patched.json.errors]).toEqual([200, errors])
    }
    const again = await operate(scene.hub, 'POST /platforms', { json: { id: 'acme' } })
    expect(again.status).toBe(201)
    expect((await operate(scene.hub, 'GET /platforms/acme')).json.errors).toBe('ocpi')
    for (const call of ['POST /platforms', 'PATCH /platforms/acme']) {
      const json = { ...(call.startsWith('POST') && { id: 'odd' }), errors: 'soap' }
      expect((await operate(scene.hub, call, { json })).status).toBe(400)
    }
  })

  it('is set and changed on the command line', async () => {
    const added = await run(
      'platforms',
      'add',
      'beta',
      '--party',
      'NL-BET:OTHER',
      '--errors',
      'proof',
      '--json',
    )
    expect(added).toMatchObject({ code: 0, err: '' })
    expect((await run('platforms', 'show', 'beta')).out).toContain('errors: proof')
    expect((await run('platforms', 'set', 'beta', '--errors', 'opencharge')).out).toContain(
      'errors: opencharge',
    )
    expect((await run('platforms', 'set', 'beta', '--errors', 'soap')).code).toBe(2)
    expect(await run('platforms', 'set', 'beta')).toMatchObject({
      code: 2,
      err: expect.stringContaining('nothing to change') as string,
    })
    const ofTheFile = await run('platforms', 'set', 'nl-ivx', '--errors', 'proof')
    expect([ofTheFile.code, ofTheFile.err]).toEqual([1, expect.stringContaining('configuration file')])
  })

  it('holds for a platform that the hub registers at, from its first answer on', async () => {
    const peer = party('NL-GAM', 'OTHER', { modules: [MODULE] })
    await peer.listen()
    try {
      peer.answers('/its/own/credentials', {
        json: {
          data: {
            token: peer.tokens.outbound,
            url: peer.versionsUrl(),
            roles: [{ role: 'OTHER', country_code: 'NL', party_id: 'GAM', business_details: { name: 'G' } }],
          },
          status_code: 1000,
          timestamp: '2026-01-01T00:00:00Z',
        },
      })
      const connect = [
        'platforms',
        'connect',
        'gamma',
        peer.versionsUrl(),
        '--token',
        'a',
        '--errors',
        'ivxp',
      ]
      expect(await run(...connect)).toMatchObject({ code: 0, err: '' })
      const json = { error: 'ORDER_EXPIRED', message: 'too late' }
      const answer = await askFor(scene, peer, { status: 410, json })
      expect(answer.json()).toMatchObject({ status_code: 2000, data: { code: 'ORDER_EXPIRED' } })
    } finally {
      await peer.close()
    }
  })
})

describe("the responder's own code", () => {
  it.each(FIXTURES)('of $name finds its errors on the command line', async ({ name, rows, spell }) => {
    const row = rows.find(({ becomes }) => becomes === '2000')!
    const answer = await askFor(scene, scene[name], { status: row.http, json: spell(row) })
    const { reference } = await scene.hub.newest({ request_id: answer.sent.requestId })
    const { out } = await run('errors', '--responder-code', row.code.toLowerCase(), '--json')
    const { items } = JSON.parse(out) as { items: JournalEntry[] }
    expect(items.map((item) => item.reference)).toContain(reference)
    expect(new Set(items.map((item) => item.responder_code))).toEqual(new Set([row.code]))
    const table = await run('errors', '--responder-code', row.code)
    expect(table.out).toContain(row.code)
    expect((await run('errors', '--responder-code', 'NO_SUCH_CODE', '--json')).out).toContain('"items": []')
  })

  it('stands in the story of the exchange', async () => {
    const answer = await askFor(scene, scene.ivxp, {
      status: 410,
      json: { error: 'ORDER_EXPIRED', message: 'm' },
    })
    const story = await waitFor(async () => {
      const { json } = await operate(scene.hub, `GET /correlations/${answer.sent.correlationId}`)
      return JSON.stringify(json).includes('ORDER_EXPIRED') ? JSON.stringify(json) : undefined
    })
    expect(story).toContain('"responder_code":"ORDER_EXPIRED"')
    expect(story).toContain('"code":2000')
  })
})

it('every dialect has a fixture, so that no row goes untested', () => {
  expect(FIXTURES.map(({ name }) => name).toSorted()).toEqual(Object.keys(DIALECTS).toSorted())
})
