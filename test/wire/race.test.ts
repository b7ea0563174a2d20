// Many handshakes at once: 50 registrations, renewals and departures at the same time leave a table that is
// consistent with what every party was told (R25-R32, T16).

import { afterAll, beforeAll, expect, it } from 'vitest'
import { invite, type Guest } from '../support/guest.ts'
import { startHub, type TestHub } from '../support/hub.ts'

let hub: TestHub
let guests: Guest[] = []

beforeAll(async () => {
  hub = await startHub()
})
afterAll(async () => {
  await Promise.all(guests.map((guest) => guest.party.close()))
  await hub.close()
})

const keyOf = (number: number): string => `SE-A${String(number).padStart(2, '0')}`

it('50 handshakes at once end in a table that agrees with every party (R27, R31, R32)', async () => {
  // 20 that only register, 15 that renew and 15 that leave, all at the same time.
  for (let number = 0; number < 50; number++) guests.push(await invite(hub, keyOf(number), 'EMSP'))
  const [fresh, renewing, leaving] = [guests.slice(0, 20), guests.slice(20, 35), guests.slice(35)]
  await Promise.all([...renewing, ...leaving].map((guest) => guest.register()))
  const before = new Map(renewing.map((guest) => [guest, guest.token()]))

  await Promise.all([
    ...fresh.map((guest) => guest.register()),
    ...renewing.map((guest) => guest.register('PUT')),
    ...leaving.map(async (guest) => {
      const answer = await guest.calls('DELETE', '/ocpi/2.2.1/credentials')
      expect(answer.json().status_code).toBe(1000)
    }),
  ])

  for (const guest of [...fresh, ...renewing]) {
    const answer = await guest.calls('GET', '/ocpi/2.2.1/credentials')
    expect(answer.json().data!.token).toBe(guest.token())
    const { platform } = hub.registry.table().connections.get(guest.party.id)!
    expect([platform.status, platform.outbound?.token]).toEqual(['CONNECTED', guest.outbound()[0]])
  }
  for (const guest of renewing) expect(guest.token()).not.toBe(before.get(guest))
  for (const guest of leaving) {
    expect((await guest.calls('GET', '/ocpi/2.2.1/credentials')).httpStatus).toBe(401)
    expect(hub.registry.table().connections.get(guest.party.id)!.platform.status).toBe('SUSPENDED')
  }
})

it('of several platforms that claim one party at once exactly one gets it (T16)', async () => {
  const claimants = await Promise.all(
    [1, 2, 3, 4].map((number) => invite(hub, 'SE-ONE', 'CPO', { id: `claimant-${number}` })),
  )
  guests = [...guests, ...claimants]
  const results = await Promise.allSettled(claimants.map((guest) => guest.register()))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const winner = claimants[results.findIndex(({ status }) => status === 'fulfilled')]!
  const holders = hub.registry.table().parties.get('SE-ONE')!
  expect(holders.map(({ connection }) => connection.platform.id)).toEqual([winner.party.id])
})
