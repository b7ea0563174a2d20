// Direct routing, the way out: what the responder receives of a request, for every module and method.
// Path, query and body pass untouched; ids, token and hop-by-hop headers are the hub's own.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { InterfaceRole } from '../../src/ocpi/module.ts'
import { routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'

let scene: Scene<{ emsp: Party; cpo: Party; slashed: Party; keyed: Party }>

beforeAll(async () => {
  const core = ['locations', 'sessions', 'cdrs', 'tariffs', 'tokens', 'commands', 'chargingprofiles']
  const configuration = ['credentials', 'hubclientinfo']
  const modules = [...configuration, ...core, 'invoicereconciliation', 'payments', 'Booking', 'nltnm-extras']
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO', { modules }),
    slashed: party('FR-SLA', 'CPO', { endpointSuffix: '/' }),
    keyed: party('BE-KEY', 'CPO', { endpointSuffix: '?key=a%2Fb' }),
  })
})
afterAll(() => scene.close())
beforeEach(() => scene.cpo.forget())

type Row = readonly [method: string, side: InterfaceRole, module: string, path: string]

// biome-ignore format: a table is read in columns
const ROWS: readonly Row[] = [
  ['GET', 'SENDER', 'locations', '?date_from=2026-01-01T00:00:00Z&offset=0&limit=50'],
  ['GET', 'SENDER', 'locations', '/LOC1'],
  ['GET', 'SENDER', 'locations', '/LOC1/3256/1'],
  ['GET', 'RECEIVER', 'locations', '/NL/EMS/LOC1'],
  ['PUT', 'RECEIVER', 'locations', '/NL/EMS/LOC1'],
  ['PUT', 'RECEIVER', 'locations', '/NL/EMS/LOC1/3256/1'],
  ['PATCH', 'RECEIVER', 'locations', '/NL/EMS/LOC1/3256'],
  ['GET', 'SENDER', 'sessions', '?date_from=2026-01-01T00:00:00Z'],
  ['PUT', 'SENDER', 'sessions', '/S1/charging_preferences'],
  ['GET', 'RECEIVER', 'sessions', '/NL/EMS/S1'],
  ['PUT', 'RECEIVER', 'sessions', '/NL/EMS/S1'],
  ['PATCH', 'RECEIVER', 'sessions', '/NL/EMS/S1'],
  ['GET', 'SENDER', 'cdrs', '?date_from=2026-01-01T00:00:00Z'],
  ['POST', 'RECEIVER', 'cdrs', ''],
  ['GET', 'SENDER', 'tariffs', '?offset=10'],
  ['GET', 'RECEIVER', 'tariffs', '/NL/EMS/T1'],
  ['PUT', 'RECEIVER', 'tariffs', '/NL/EMS/T1'],
  ['DELETE', 'RECEIVER', 'tariffs', '/NL/EMS/T1'],
  ['GET', 'SENDER', 'tokens', '?offset=10'],
  ['POST', 'SENDER', 'tokens', '/012345678/authorize?type=RFID'],
  ['GET', 'RECEIVER', 'tokens', '/NL/EMS/012345678?type=RFID'],
  ['PUT', 'RECEIVER', 'tokens', '/NL/EMS/012345678?type=RFID'],
  ['PATCH', 'RECEIVER', 'tokens', '/NL/EMS/012345678?type=RFID'],
  ['POST', 'RECEIVER', 'commands', '/UNLOCK_CONNECTOR'],
  ['POST', 'RECEIVER', 'commands', '/A_COMMAND_OF_TOMORROW'],
  ['GET', 'RECEIVER', 'chargingprofiles', '/S1?duration=900'],
  ['PUT', 'RECEIVER', 'chargingprofiles', '/S1'],
  ['DELETE', 'RECEIVER', 'chargingprofiles', '/S1'],
  ['PUT', 'SENDER', 'chargingprofiles', '/S1'],
  ['GET', 'SENDER', 'invoicereconciliation', '?offset=1'],
  ['POST', 'RECEIVER', 'invoicereconciliation', ''],
  ['DELETE', 'RECEIVER', 'invoicereconciliation', '/NL/EMS/I1'],
  ['GET', 'SENDER', 'payments', '/terminals?limit=5'],
  ['POST', 'SENDER', 'payments', '/terminals/T1/deactivate'],
  ['PATCH', 'SENDER', 'payments', '/terminals/T1'],
  ['POST', 'RECEIVER', 'payments', '/financial-advice-confirmations'],
  ['GET', 'SENDER', 'Booking', '/booking_locations?limit=1'],
  ['POST', 'RECEIVER', 'Booking', '/NL/EMS/booking'],
  ['PUT', 'RECEIVER', 'nltnm-extras', '/whatever/1'],
  ['POST', 'SENDER', 'locations', '/not/in/the/specification'],
  ['DELETE', 'RECEIVER', 'locations', '/NL/EMS/LOC1'],
]

// R23: behind them are the hub's own credentials at the other party.
describe('configuration modules', () => {
  const spellings = [
    'credentials',
    'Credentials',
    'CREDENTIALS',
    'hubclientinfo',
    'HubClientInfo',
    'versions',
  ]
  const calls = spellings.flatMap((module) =>
    (['SENDER', 'RECEIVER'] as const).map((side) => [module, side] as const),
  )
  it.each(calls)('are never routed: %s as %s', async (module, side) => {
    for (const to of ['DE-CPO', undefined, 'hub']) {
      const address = { interface: side, ...(to === undefined ? {} : { to }) }
      const got = await scene.emsp.gets(module, address)
      const changed = await scene.emsp.puts(module, { ...address, path: '/DE/CPO', json: { token: 'x' } })
      const gone = await scene.emsp.deletes(module, address)
      for (const answer of [got, changed, gone]) expect(answer.json().status_code).not.toBe(1000)
      expect(scene.cpo.requests).toHaveLength(0)
    }
  })
})

describe('a direct request arrives as it was sent', () => {
  for (const [method, side, module, path] of ROWS) {
    it(`${method} ${module} ${side} ${path} goes to the same interface of the TO party (R43, R47, R48, T32)`, async () => {
      const { emsp, cpo } = scene
      const body = method === 'GET' || method === 'DELETE' ? undefined : '{"id": "X-1",  "price": 1.10}'
      const url = `/ocpi/2.2.1/${side.toLowerCase()}/${module}${path}`
      const answer = await emsp.sends({ method, path: url, to: 'DE-CPO', ...(body ? { body } : {}) })
      expect(answer.httpStatus).toBe(200)
      expect(answer.json().status_code).toBe(1000)
      expect(cpo.requests).toHaveLength(1)
      const received = cpo.last()
      expect(received).toMatchObject({ method, interface: side, module, rest: path })
      expect(received.body.toString()).toBe(body ?? '')
      expect(routingOf(received)).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
      expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
    })
  }
})

describe('the path is passed raw (R19, R48)', () => {
  const paths = [
    '/NL/EMS/LOC%2F1',
    '/NL/EMS/a*b',
    '/NL/EMS/a%20b',
    '/NL/EMS/%C3%A9t%c3%a9',
    "/NL/EMS/~!$&'()*+,;=:@-._",
    '/NL/EMS/LOC1/',
    '/NL/EMS/LOC1?a=%2F&b=c+d&&e&f=%zz',
    '/NL/EMS/LOC1?unknown[]=1&date_from=2026-01-01T00:00:00Z&unknown[]=2',
    '/NL/EMS/LOC1?nested=http://a/b?c=d',
  ]
  for (const path of paths) {
    it(`keeps ${path}`, async () => {
      const answer = await scene.emsp.gets('locations', { to: 'DE-CPO', interface: 'RECEIVER', path })
      expect(answer.json().status_code).toBe(1000)
      expect(scene.cpo.last().rest).toBe(path)
    })
  }

  it('puts one slash between an endpoint that ends in a slash and what follows (R19)', async () => {
    await scene.emsp.gets('locations', { to: 'FR-SLA', path: '/LOC1?x=1' })
    expect(scene.slashed.last().url).toBe('/its/own/data/locations/LOC1?x=1')
  })

  it('calls an endpoint that ends in a slash as it was given when nothing follows (R19)', async () => {
    await scene.emsp.gets('locations', { to: 'FR-SLA', path: '?limit=1' })
    expect(scene.slashed.last().url).toBe('/its/own/data/locations/?limit=1')
  })

  it('keeps the query an endpoint has of its own', async () => {
    await scene.emsp.gets('locations', { to: 'BE-KEY', path: '/LOC1?limit=1' })
    expect(scene.keyed.last().url).toBe('/its/own/data/locations/LOC1?key=a%2Fb&limit=1')
  })

  it('finds the module in any case and under its other name (T27)', async () => {
    await scene.emsp.gets('LOCATIONS', { to: 'DE-CPO' })
    expect(scene.cpo.last().url).toBe('/its/own/data/locations')
    await scene.emsp.gets('bookings', { to: 'DE-CPO' })
    expect(scene.cpo.last().url).toBe('/its/own/data/Booking')
  })
})

describe('the body is passed byte for byte (R94, R95, T35)', () => {
  const bodies: readonly (readonly [string, string | Buffer])[] = [
    ['numbers no parser keeps', '{"a":0.10,"b":12345678901234567890,"c":1E400,"d":-0,"e":1.0e+2}'],
    ['the order of members and blanks', '{ "z" : 1 ,\r\n\t"a":2,"m":{ }}\n'],
    [
      'unicode, raw and escaped',
      '{"name":"Zürich 🚗","escaped":"\\u00e9\\ud83d\\ude97\\/","lone":"\\ud800"}',
    ],
    ['duplicate members', '{"id":"1","id":"2","last_updated":"2026-01-01T00:00:00Z"}'],
    ['a byte order mark', Buffer.from('\ufeff{"id":"1"}')],
    ['members of prototypes', '{"__proto__":{"a":1},"constructor":{"prototype":{}}}'],
    ['a bare string', '"CHEAP"'],
    ['deep arrays', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['half a megabyte', JSON.stringify({ text: 'x'.repeat(500_000) })],
  ]
  for (const [what, body] of bodies) {
    it(`keeps ${what}`, async () => {
      const answer = await scene.emsp.puts('tokens', { to: 'DE-CPO', path: '/NL/EMS/1', body })
      expect(answer.json().status_code).toBe(1000)
      expect(scene.cpo.last().body.equals(Buffer.from(body))).toBe(true)
      expect(scene.cpo.last().headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      })
    })
  }

  it('keeps any JSON in any spelling', async () => {
    const spelled = fc.tuple(fc.jsonValue(), fc.constantFrom(0, 1, '\t', '    '))
    await fc.assert(
      fc.asyncProperty(spelled, async ([value, blanks]) => {
        const body = JSON.stringify(value, undefined, blanks)
        await scene.emsp.puts('tokens', { to: 'DE-CPO', path: '/NL/EMS/1', body })
        expect(scene.cpo.last().sha256).toBe(createHash('sha256').update(body).digest('hex'))
      }),
      { numRuns: 100 },
    )
  })

  it('takes a POST without body (R11)', async () => {
    const path = '/012345678/authorize'
    const answer = await scene.emsp.posts('tokens', { to: 'DE-CPO', interface: 'SENDER', path })
    expect(answer.json().status_code).toBe(1000)
    expect(scene.cpo.last().body).toHaveLength(0)
  })

  it('takes any content type and sends plain JSON on (T34)', async () => {
    for (const type of [
      'application/json; charset=utf-8',
      'text/plain',
      'application/x-www-form-urlencoded',
      'json',
      '',
      'application/json, application/json',
      undefined,
    ]) {
      const answer = await scene.emsp.puts('tokens', {
        to: 'DE-CPO',
        path: '/NL/EMS/1',
        body: '{"a":1}',
        headers: { 'Content-Type': type },
      })
      expect(answer.json().status_code).toBe(1000)
      expect(scene.cpo.last().headers['content-type']).toBe('application/json')
    }
  })

  it('takes a chunked body and tells its length to the responder', async () => {
    const answer = await scene.emsp.puts('tokens', {
      to: 'DE-CPO',
      path: '/NL/EMS/1',
      body: '{"a":1}',
      headers: { 'Transfer-Encoding': 'chunked' },
    })
    expect(answer.json().status_code).toBe(1000)
    expect(scene.cpo.last().body.toString()).toBe('{"a":1}')
  })
})
