// A fifth dialect is one table: put into the list of dialects, a made-up one is read on the wire, counted, explained
// and documented without another line of code.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { DIALECTS, type DialectName } from '../../src/dialects/dialect.ts'
import { type Dialect, dialectRow as row } from '../../src/dialects/row.ts'
import type { Scene } from '../support/hub.ts'
import type { Party } from '../support/party.ts'

const PARKING: Dialect = {
  title: 'Parking 9000',
  shape: { code: ['fault', 'id'], slug: ['fault', 'area'], message: ['text'], details: ['more'] },
  codeForm: /^[a-z0-9-]{1,32}$/i,
  caseFolded: true,
  requestIdHeader: 'x-ticket',
  rows: [
    row(['full', 409, 'the car park is full', 2000, 'requester', 'correct', 'try another car park'], {
      slug: 'bay',
    }),
    row(['gone', 404, 'there is no such bay', 2000, 'requester', 'correct', 'check the bay'], {
      slug: 'bay',
      requesterHttp: 404,
    }),
    row(['barrier', 500, 'the barrier is stuck', 3000, 'responder', 'wait', 'wait for the warden'], {
      slug: 'bay',
      retryAfterIn: 'seconds',
    }),
    row(
      [
        'badge',
        401,
        'the badge of the hub is not valid',
        'token_rejected',
        'hub',
        'ask_hub',
        'renew the badge',
      ],
      { slug: 'gate', likelyCause: 'the badge of the hub has faded' },
    ),
  ],
}
// Before anything that reads the list is loaded, as an import in the file of the list would be.
Object.assign(DIALECTS as Record<string, Dialect>, { parking: PARKING })
const errors = 'parking' as DialectName
const { metricOf, stage } = await import('../support/hub.ts')
const { party } = await import('../support/party.ts')
const { expectFault } = await import('../support/expect-fault.ts')
const { operate } = await import('../support/admin.ts')
const { cli } = await import('../unit/cli/run.ts')
const { errorsPage } = await import('../../src/cli/errors-page.ts')

let scene: Scene<{ emsp: Party; park: Party }>
beforeAll(async () => {
  const park = party('NL-PRK', 'OTHER', { errors, modules: ['parking'] })
  scene = await stage({ emsp: party('NL-EMS', 'EMSP'), park })
})
afterAll(() => scene.close())

async function ask(status: number, json: unknown) {
  scene.park.answers('parking', { status, json, headers: { 'X-Ticket': 't-1' } })
  return scene.emsp.gets('parking', { to: 'NL-PRK', path: '/bays/7' })
}

it('is read on the wire: errors, HTTP 404, seconds to wait', async () => {
  const full = await ask(409, { fault: { area: 'BAY', id: 'Full' }, text: 'no room', more: [1.1] })
  expect([full.httpStatus, full.json()]).toMatchObject([
    200,
    {
      status_code: 2000,
      status_message: 'no room',
      data: {
        dialect: 'parking',
        code: 'Full',
        error: 'BAY',
        request_id: 't-1',
        advice: 'try another car park',
      },
    },
  ])
  expect((await scene.hub.newest({ responder_code: 'full' })).code).toBe(2000)
  expect((await ask(404, { fault: { area: 'bay', id: 'gone' } })).httpStatus).toBe(404)
  const stuck = await ask(500, { fault: { area: 'bay', id: 'barrier' }, more: { seconds: 60 } })
  expect([stuck.json().status_code, stuck.headers['retry-after']]).toEqual([3000, '60'])
})

it('is read on the wire: faults of the hub, unknown codes, other shapes, successes', async () => {
  const badge = await ask(401, { fault: { area: 'gate', id: 'badge' } })
  expect((await expectFault(scene.hub, badge, 'token_rejected')).detail).toContain('has faded')
  expect((await ask(400, { fault: { area: 'bay', id: 'ufo' } })).json().status_code).toBe(2000)
  expect(await metricOf(scene.hub, 'ocpi_hub_dialect_unknown_total{dialect="parking"}')).toBe(1)
  await expectFault(scene.hub, await ask(400, { error: 'ORDER_EXPIRED', message: 'm' }), 'answer_not_ocpi')
  expect((await ask(200, { bays: 7 })).json()).toMatchObject({ status_code: 1000, data: { bays: 7 } })
})

it('is explained, served and documented', async () => {
  const explained = await cli(['explain', 'barrier'])
  expect(explained.out).toContain('error of Parking 9000, as a platform with "errors: parking" answers it')
  expect((await operate(scene.hub, 'GET /codes/bay%2Fgone')).json.items).toMatchObject([
    { system: 'parking', code: 'gone', slug: 'bay', becomes: '2000 with HTTP 404' },
  ])
  expect(errorsPage()).toContain('### Parking 9000 (`errors: parking`)')
})
