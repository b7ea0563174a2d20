// The alert web hook with a real hub between real parties.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stage, type Scene } from '../support/hub.ts'
import { inTime } from '../support/in-time.ts'
import { jsonReceiver, type JsonReceiver } from '../support/json-receiver.ts'
import { ok } from '../support/envelopes.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

let receiver: JsonReceiver
let scene: Scene<{ emsp: Party; cpo: Party }>

beforeEach(async () => {
  receiver = await jsonReceiver()
})
afterEach(async () => {
  await scene.close()
  await receiver.close()
})

async function open(offlineAfter = 1_000): Promise<typeof scene> {
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO', { id: 'acme' }) },
    {
      alerts: {
        webhook: `${receiver.url}/hook`,
        dashboard: 'https://admin.example',
        windowMs: 200,
        minRequests: 5,
        silenceMs: 60_000,
      },
      liveness: { offlineAfter, probeAfterMs: 3_600_000 },
    },
  )
  return scene
}

/** Requests by the dozen, so that no window has too few of them, until the web hook was told. */
async function untilTold(alert: string, status: string) {
  const fits = (json: { alert: string; status: string }) => json.alert === alert && json.status === status
  return waitFor(
    async () => {
      await Promise.all(Array.from({ length: 12 }, () => scene.emsp.gets('locations', { to: 'DE-CPO' })))
      return receiver.posts.find(({ json }) => fits(json))
    },
    { what: `${alert} ${status}` },
  )
}

describe('the web hook is told', () => {
  it('when a receiver fails more than usual, with the cause, and when it works again', async () => {
    const { cpo } = await open()
    cpo.answers('locations', { cut: 'before' })
    const fired = await untilTold('fault_rate', 'firing')
    expect(fired.path).toBe('POST /hook')
    expect(fired.json).toMatchObject({
      severity: 'critical',
      subject: 'acme',
      message: expect.stringMatching(
        /^Requests to acme \(DE-CPO\) fail: 100 % of \d+ requests, usually 0 %\.$/,
      ),
      fault: 'connection_terminated',
      causes: [expect.stringMatching(/^connection_terminated \(100 %\): .*Look in the party's log/)],
      link: 'https://admin.example/errors?responder=acme',
      hub: 'NL-HUB',
      instance: expect.stringMatching(/:\d+$/),
    })
    cpo.answers('locations', { json: ok([]) })
    await untilTold('fault_rate', 'resolved')
    expect(receiver.posts).toHaveLength(2)
  })

  it('when a platform goes OFFLINE and comes back', async () => {
    const { cpo, emsp } = await open(2)
    await cpo.close()
    await untilTold('offline', 'firing')
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(4003)
    // A request of the platform itself is a sign of life (T20).
    await cpo.gets('locations', { to: 'NL-EMS' })
    const back = await receiver.post(
      ({ alert, status }) => alert === 'offline' && status === 'resolved',
      'the end of OFFLINE',
    )
    expect(back.json).toMatchObject({ subject: 'acme', message: 'acme (DE-CPO) is CONNECTED.' })
  })

  it('when the token of the hub is refused, and when it is accepted again (T2)', async () => {
    const { cpo } = await open()
    cpo.answers('locations', { status: 401 })
    const fired = await untilTold('token_rejected', 'firing')
    expect(fired.json).toMatchObject({ severity: 'critical', subject: 'acme', fault: 'token_rejected' })
    expect(fired.json.causes[0]).toContain('likely cause')
    cpo.answers('locations', { json: ok([]) })
    await untilTold('token_rejected', 'resolved')
  })
})

describe('a web hook that hangs', () => {
  it('holds up neither requests nor the end of the hub', async () => {
    const { cpo, emsp } = await open()
    receiver.answers.push('hang')
    cpo.answers('locations', { cut: 'before' })
    await untilTold('fault_rate', 'firing')
    cpo.answers('locations', { json: ok([]) })
    await inTime(1_000, async () => (await emsp.gets('locations', { to: 'DE-CPO' })).elapsedMs)
    const start = performance.now()
    await scene.hub.close()
    // The web hook itself has ten seconds.
    expect(performance.now() - start).toBeLessThan(8_000)
  })
})
