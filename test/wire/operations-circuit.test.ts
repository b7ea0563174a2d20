// The circuit of a platform over the admin API: closed with the failures in a row, open with the next probe, none for
// what is the operator's word.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<{ emsp: Party; dead: Party; off: Party; planned: Party }>
beforeAll(async () => {
  scene = await stage(
    {
      emsp: party('NL-EMS', 'EMSP'),
      dead: party('DE-DED', 'CPO', { at: await closedPort() }),
      off: party('DE-OFF', 'CPO', { status: 'OFFLINE' }),
      planned: party('DE-PLN', 'CPO', { status: 'SUSPENDED' }),
    },
    { liveness: { probeAfterMs: 3_600_000, timeoutMs: 500, offlineAfter: 3 } },
  )
})
afterAll(() => scene.close())

const circuitOf = async (id: string) => (await operate(scene.hub, `GET /platforms/${id}`)).json.circuit
const dead = () => scene.emsp.gets('locations', { to: 'DE-DED' })

describe('a circuit', () => {
  it('is closed until as many failures in a row came as open it, and shown so', async () => {
    expect(await circuitOf('de-ded')).toMatchObject({ state: 'closed', failures: 0, opens_after: 3 })
    await dead()
    await dead()
    expect(await circuitOf('de-ded')).toMatchObject({ state: 'closed', failures: 2, opens_after: 3 })
    await dead()
    const open = await waitFor(async () => {
      const circuit = await circuitOf('de-ded')
      return circuit.state === 'closed' ? undefined : circuit
    })
    expect(Date.parse(open.next_probe)).toBeLessThan(Date.now() + 6_000)
    expect((await dead()).json()).toMatchObject({ status_code: 4003, data: { fault: 'to_not_connected' } })
  })

  it('is open for what the file calls OFFLINE, until the hub asks', async () => {
    const circuit = await circuitOf('de-off')
    expect(circuit).toMatchObject({ state: 'open', failures: 0 })
    expect(Date.parse(circuit.next_probe)).toBeGreaterThan(Date.now() + 3_000_000)
  })

  it('is none while an operator keeps the platform away', async () => {
    expect(await circuitOf('de-pln')).toBeUndefined()
  })

  it('stands with each party too, and changes no entity tag', async () => {
    const { items } = (await operate(scene.hub, 'GET /parties?q=DE-OFF')).json
    expect(items).toMatchObject([{ address: 'DE-OFF', circuit: { state: 'open' } }])
    const before = await operate(scene.hub, 'GET /platforms/nl-ems')
    await scene.emsp.gets('locations', { to: 'DE-OFF' })
    const after = await operate(scene.hub, 'GET /platforms/nl-ems')
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'))
  })

  it('is closed by a probe that is answered, and the answer says so', async () => {
    const answer = await operate(scene.hub, 'POST /platforms/de-off/probe')
    expect(answer.json).toMatchObject({ ok: true, status: 'CONNECTED' })
    const { items } = (await operate(scene.hub, 'GET /audit?limit=1')).json
    expect(items).toMatchObject([{ action: 'platform.probe', detail: 'it answers, CONNECTED' }])
  })
})
