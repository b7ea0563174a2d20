// Parties on older versions: 2.2 lacks 4000, 2.1.1 has raw tokens, no routing headers and no hub codes
// (R4, R104, T6, T26, hub-requirements §3).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { listOf } from '../support/lists.ts'
import { party, type Party } from '../support/party.ts'

let scene: Scene<Record<'emsp' | 'emsp22' | 'emsp21' | 'cpo' | 'bare' | 'dead22' | 'cpo21' | 'dead21', Party>>

beforeAll(async () => {
  scene = await stage(
    {
      emsp: party('NL-EMS', 'EMSP'),
      emsp22: party('NL-E22', 'EMSP', { version: '2.2' }),
      emsp21: party('NL-E21', 'EMSP', { version: '2.1.1' }),
      cpo: party('DE-CPO', 'CPO'),
      bare: party('DE-BAR', 'CPO', { modules: ['tariffs'] }),
      dead22: party('DE-D22', 'CPO', { version: '2.2', at: await closedPort() }),
      cpo21: party('DE-C21', 'CPO', { version: '2.1.1' }),
      dead21: party('DE-D21', 'CPO', { version: '2.1.1', at: await closedPort(), modules: ['sessions'] }),
    },
    { hub: { versions: ['2.3.0', '2.2.1', '2.2', '2.1.1'] } },
  )
})
afterAll(() => scene.close())
beforeEach(() => {
  for (const one of [scene.cpo, scene.cpo21]) {
    one.forget()
    one.answers('*', { json: ok([]) })
  }
})

describe('a party on 2.2', () => {
  it('exchanges messages with one on 2.2.1', async () => {
    const answer = await scene.emsp22.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
    expect(answer.json().status_code).toBe(1000)
    expect(routingOf(scene.cpo.last())).toEqual({ to: 'DE-CPO', from: 'NL-E22' })
  })

  it('is told 4003 where a newer one is told 4000 (T26)', async () => {
    const newer = await scene.emsp.gets('locations', { to: 'DE-BAR' })
    await expectFault(scene.hub, newer, 'module_not_offered')
    expect(newer.json().status_code).toBe(4000)
    const older = await scene.emsp22.gets('locations', { to: 'DE-BAR' })
    await expectFault(scene.hub, older, 'module_not_offered', { version: '2.2' })
    expect(older.json().status_code).toBe(4003)
  })

  it('is told 4001 and 4003 like any other', async () => {
    await expectFault(scene.hub, await scene.emsp22.gets('locations', { to: 'ZZ-TOP' }), 'to_unknown', {
      version: '2.2',
    })
    const dead = await scene.emsp22.gets('locations', { to: 'DE-D22' })
    await expectFault(scene.hub, dead, 'connection_refused', { version: '2.2' })
  })

  it('cannot be sent to by one on 2.1.1 or 2.3.0: another version (T6)', async () => {
    const answer = await scene.emsp.gets('locations', { to: 'DE-C21' })
    await expectFault(scene.hub, answer, 'version_not_shared')
  })
})

describe('a party on 2.1.1', () => {
  it('gets the lists of all owners on its version, over raw tokens and without routing headers', async () => {
    const { emsp21, cpo21 } = scene
    cpo21.answers('GET locations', listOf([{ id: 'L1' }]))
    const answer = await emsp21.gets('locations', { from: null })
    expect(answer.json()).toMatchObject({ status_code: 1000, data: [{ id: 'L1' }] })
    expect(routingOf(answer)).toEqual({ to: undefined, from: undefined })
    expect(cpo21.last().headers.authorization).toBe(`Token ${cpo21.tokens.outbound}`)
    expect(routingOf(cpo21.last())).toEqual({ to: undefined, from: undefined })
  })

  it('is never told a hub code: 3000 instead (R104)', async () => {
    const { hub, emsp21 } = scene
    const command = await emsp21.posts('commands', {
      from: null,
      path: '/UNLOCK_CONNECTOR',
      json: { location_id: 'x' },
    })
    expect(command.httpStatus).toBe(200)
    const codes = [command.json().status_code]
    const dead = await emsp21.gets('sessions', { from: null, path: '/S1' })
    codes.push(dead.json().status_code)
    for (const code of codes) expect([1000, 2000, 2001, 2003, 3000, 3001, 3003]).toContain(code)
    expect(hub.config.hub.versions).toContain('2.1.1')
  })

  it('still gets 401 for a token nobody has (R5)', async () => {
    const headers = { Authorization: 'Token nobody' }
    const answer = await scene.emsp21.gets('locations', { from: null, headers })
    await expectFault(scene.hub, answer, 'token_unknown', { version: '2.1.1', routed: false })
  })
})
