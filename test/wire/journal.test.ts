// The journal as operators read it over the admin API: everything that was not 1xxx, with the members of
// contract §4, found by its reference and by every filter; no bodies, no tokens, no query strings.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../src/journal/journal-entry.ts'
import { ok, says } from '../support/envelopes.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<{ emsp: Party; other: Party; cpo: Party; dead: Party }>
const answers: Record<string, Answer> = {}

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    other: party('NL-OTH', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    dead: party('DE-DED', 'CPO', { at: await closedPort() }),
  })
  const { emsp, other, cpo } = scene
  cpo.answers('*', { json: ok([]) })
  cpo.answers('locations/LOC2', { json: says(2003, 'Unknown location') })
  cpo.answers('tariffs', { status: 500, body: '<h1>oops</h1>' })
  answers.good = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
  answers.relayed = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC2?secret=query' })
  answers.broken = await other.gets('tariffs', { to: 'DE-CPO' })
  answers.refused = await emsp.posts('commands', {
    to: 'DE-DED',
    path: '/UNLOCK_CONNECTOR',
    json: { secret: 'body' },
  })
  answers.unknown = await emsp.puts('tokens', { to: 'ZZ-TOP', path: '/NL/EMS/1', json: {} })
  answers.stranger = await emsp.gets('locations', { headers: { Authorization: 'Token c2VjcmV0LXRva2Vu' } })
})
afterAll(() => scene.close())

interface Page {
  readonly items: readonly JournalEntry[]
  readonly next_cursor?: string
}

async function errors(query = ''): Promise<Page> {
  const { status, json } = await scene.hub.admin(`/errors${query}`)
  expect(status).toBe(200)
  return json as Page
}

const references = (page: Page) => page.items.map(({ reference }) => reference)
const referenceOf = (name: string) => String(answers[name]!.json().data?.reference)

describe('the journal', () => {
  it('has one entry for each exchange that was not 1xxx, newest first', async () => {
    const page = await waitFor(async () => {
      const all = await errors()
      return all.items.length >= 5 ? all : undefined
    })
    expect(page.items.map(({ code, fault }) => fault ?? code)).toEqual([
      'token_unknown',
      'to_unknown',
      'connection_refused',
      'answer_not_ocpi',
      2003,
    ])
  })

  it('tells of an answer the responder wrote', async () => {
    const { sent } = answers.relayed!
    const [entry] = (await errors(`?correlation_id=${sent.correlationId}`)).items
    expect(entry).toMatchObject({
      author: 'responder',
      code: 2003,
      http_status: 200,
      from: 'NL-EMS',
      to: 'DE-CPO',
      requester: 'nl-ems',
      responder: 'de-cpo',
      module: 'locations',
      interface: 'SENDER',
      method: 'GET',
      path: '/ocpi/2.2.1/sender/locations/LOC2',
      mode: 'direct',
      request_id: sent.requestId,
      correlation_id: sent.correlationId,
    })
    expect(entry).not.toHaveProperty('fault')
    const forwarded = scene.cpo.requests.find(({ rest }) => rest.startsWith('/LOC2'))!
    expect(entry!.forwarded_request_id).toBe(forwarded.headers['x-request-id'])
    const { connect = 0, first_byte = 0, total = 0 } = entry!.phases ?? {}
    expect(connect).toBeLessThanOrEqual(first_byte)
    expect(first_byte).toBeLessThanOrEqual(total)
    expect(total).toBeLessThanOrEqual(entry!.duration_ms + 1)
  })

  it('tells of a fault, and its reference finds it', async () => {
    const { status, json } = await scene.hub.admin(`/errors/${referenceOf('refused')}`)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      reference: referenceOf('refused'),
      author: 'hub',
      code: 4003,
      fault: 'connection_refused',
      at: 'responder',
      reached: 'no',
      recovery: 'wait',
      http_status: 200,
      from: 'NL-EMS',
      to: 'DE-DED',
      module: 'commands',
      interface: 'RECEIVER',
      method: 'POST',
      mode: 'direct',
      message: answers.refused!.json().status_message,
    })
  })

  it('answers 404 for a reference it does not know', async () => {
    for (const reference of ['01ARZ3NDEKTSV4RRFFQ69G5FAV', 'x', '..%2f..']) {
      const { status } = await scene.hub.admin(`/errors/${reference}`)
      expect(status).toBe(404)
    }
  })

  it('has no bodies, tokens or query strings', async () => {
    const text = JSON.stringify(await errors('?limit=100'))
    for (const secret of [
      'secret',
      'c2VjcmV0',
      'oops',
      ...scene.hub.config.platforms.map(({ tokens }) => tokens.inbound),
    ]) {
      expect(text).not.toContain(secret)
    }
  })
})

describe('filters', () => {
  const filters: readonly (readonly [query: () => string, names: readonly string[]])[] = [
    [() => '?from=NL-OTH', ['broken']],
    [() => '?from=nl-oth', ['broken']],
    [() => '?to=DE-DED', ['refused']],
    [() => '?code=4001', ['unknown']],
    [() => '?fault=answer_not_ocpi', ['broken']],
    [() => '?module=tokens', ['unknown']],
    [() => `?correlation_id=${answers.refused!.sent.correlationId}`, ['refused']],
    [() => '?from=NL-EMS&to=DE-DED&code=4003', ['refused']],
    [() => '?from=NL-OTH&to=DE-DED', []],
    [() => '?since=2100-01-01T00:00:00Z', []],
    [() => '?until=2000-01-01T00:00:00Z', []],
    [() => '?since=2000-01-01T00:00:00Z&fault=to_unknown', ['unknown']],
  ]
  for (const [query, names] of filters) {
    it(`${query.toString().slice(6)} finds ${names.length} of them`, async () => {
      expect(references(await errors(query()))).toEqual(names.map(referenceOf))
    })
  }

  it('page by page give each entry once', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page: Page = await errors(`?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
      expect(page.items.length).toBeLessThanOrEqual(2)
      seen.push(...references(page))
      cursor = page.next_cursor
    } while (cursor !== undefined)
    expect(seen).toEqual(references(await errors('?limit=100')))
  })

  it('that make no sense are refused', async () => {
    for (const query of ['?limit=0', '?limit=x', '?since=yesterday', '?cursor=made-up']) {
      expect((await scene.hub.admin(`/errors${query}`)).status).toBe(400)
    }
  })
})
