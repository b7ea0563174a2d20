// A party that changes its platform: refused without the operator's word, and without a gap when it is given (T16).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFault } from '../support/expect-fault.ts'
import { type Guest, invite } from '../support/guest.ts'
import { stage, type Scene } from '../support/hub.ts'
import { seenAt } from '../support/linked-hubs.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<{ emsp: Party }>
let old: Guest
let next: Guest

beforeAll(async () => {
  scene = await stage({ emsp: party('NL-EMS', 'EMSP') })
  old = await invite(scene.hub, 'DE-MOV', 'CPO', { id: 'old-home' })
  await old.register()
  next = await invite(scene.hub, 'DE-MOV', 'CPO', { id: 'new-home' })
})
afterAll(async () => {
  await scene.close()
  await Promise.all([old.party.close(), next.party.close()])
})

const asked = async (): Promise<string> => {
  for (const { party: its } of [old, next]) its.forget()
  const answer = await scene.emsp.gets('locations', { to: 'DE-MOV' })
  expect(answer.json().status_code).toBe(1000)
  return old.party.requests.length > 0 ? 'old-home' : 'new-home'
}

describe('a party that registers at another platform (T16)', () => {
  it('is refused with 2001 while the operator has not said that it may move', async () => {
    await expect(next.register()).rejects.toThrow(/"status_code":2001|party_taken/)
    expect(await asked()).toBe('old-home')
  })

  it('is heard of by the operator: what may move, from where, to where; who said so is kept', async () => {
    const { status, json } = await scene.hub.admin('/parties/de*mov/move', {
      method: 'PUT',
      json: { to: 'new-home' },
    })
    const items = [{ party: 'DE-MOV', role: 'CPO', from: 'old-home', to: 'new-home' }]
    expect([status, json]).toEqual([200, { items }])
    expect((await scene.hub.admin('/moves')).json).toEqual({ items })
    expect(await seenAt(scene.hub, 'DE-MOV')).toMatchObject([{ platform: 'old-home', moving_to: 'new-home' }])
    const audit = (await scene.hub.admin('/audit')).json as { items: { action: string; target?: string }[] }
    expect(audit.items[0]).toMatchObject({ action: 'party.move', target: 'DE-MOV' })
    expect(await asked()).toBe('old-home')
  })

  it('is there from then on, and its old platform neither gets its requests nor may speak for it', async () => {
    await next.register()
    expect(await asked()).toBe('new-home')
    const stale = await old.calls('GET', '/ocpi/2.2.1/sender/tokens', { from: 'DE-MOV', to: 'NL-EMS' })
    await expectFault(scene.hub, stale, 'from_foreign', { names: 'DE-MOV' })
    await waitFor(
      async () => ((await scene.hub.admin('/moves')).json as { items: unknown[] }).items.length === 0,
    )
    const { json } = await scene.hub.admin('/platforms/old-home')
    expect(json).toMatchObject({ roles: [{ status: 'SUSPENDED' }] })
    await waitFor(async () => {
      const { items } = (await scene.hub.admin('/audit')).json as { items: { action: string; who: string }[] }
      return items.some(({ action, who }) => action === 'party.moved' && who === 'the hub')
    })
    await expect(old.register('PUT')).rejects.toThrow(/party_taken|2001/)
  })

  it('is not moved by a word that is wrong', async () => {
    const say = (path: string, json: unknown) => scene.hub.admin(path, { method: 'PUT', json })
    expect((await say('/parties/DE-XXX/move', { to: 'new-home' })).status).toBe(404)
    expect((await say('/parties/nonsense!/move', { to: 'new-home' })).status).toBe(404)
    expect((await say('/parties/DE-MOV/move', { to: 'no such id' })).status).toBe(400)
    expect((await say('/parties/DE-MOV/move', { to: 'new-home' })).status).toBe(404)
    expect((await say('/parties/NL-EMS/move', { to: 'new-home' })).status).toBe(409)
    expect((await scene.hub.admin('/parties/DE-MOV/move', { method: 'DELETE' })).status).toBe(404)
  })
})
