// When operators are told of certificates, in which words, and when no more: with the limits of the rules for Prometheus.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/modules/alerts.ts'
import { createAlerts } from '../../../src/modules/alerts.ts'
import { lookAtCertificates } from '../../../src/modules/certificate-alerts.ts'
import { scene } from './alert-scene.ts'
import { testClock } from './kit.ts'

const DAY = 86_400_000

/** What is told of one certificate of each kind while its days run out, and when it was renewed. */
function oneOfEach() {
  const clock = testClock()
  const all: Alert[] = []
  const alerts = createAlerts({
    clock,
    silenceMs: 0,
    emit: (alert) => void all.push(alert),
    dashboard: 'https://admin.example',
  })
  return (daysLeft: number) => {
    const end = clock.now() + daysLeft * DAY
    const sources = { listeners: () => [['ocpi', end]] as const, receivers: () => [['acme', end]] as const }
    lookAtCertificates(sources, clock.now(), (id) => `${id} (DE-CPO)`, alerts)
    return all.splice(0)
  }
}

it('tells of an end 14 days ahead, of the own one again two days ahead, and of a new certificate', () => {
  const look = oneOfEach()
  expect(look(14)).toEqual([])
  expect(look(13.5)).toMatchObject([
    {
      alert: 'hub_certificate_ends',
      status: 'firing',
      severity: 'warning',
      subject: 'ocpi',
      message:
        'The TLS certificate of the listener ocpi of this hub ends on 2026-06-14T12:00:00Z, in 13 days.',
      causes: [expect.stringContaining('ocpi-hub reload')],
      link: 'https://admin.example/',
    },
    {
      alert: 'receiver_certificate_ends',
      status: 'firing',
      severity: 'warning',
      subject: 'acme',
      message: 'The TLS certificate of acme (DE-CPO) ends on 2026-06-14T12:00:00Z, in 13 days.',
      causes: [expect.stringContaining('Tell its operator')],
      link: 'https://admin.example/parties/acme',
    },
  ])
  expect(look(2)).toEqual([])
  expect(look(1)).toMatchObject([
    { alert: 'hub_certificate_ends_now', status: 'firing', severity: 'critical', subject: 'ocpi' },
  ])
  expect(look(-1)).toEqual([])
  expect(look(30).map(({ alert, status, message }) => [alert, status, message])).toEqual([
    [
      'hub_certificate_ends',
      'resolved',
      'The TLS certificate of the listener ocpi of this hub lasts until 2026-07-01T00:00:00Z.',
    ],
    ['hub_certificate_ends_now', 'resolved', expect.any(String)],
    [
      'receiver_certificate_ends',
      'resolved',
      'The TLS certificate of acme (DE-CPO) lasts until 2026-07-01T00:00:00Z.',
    ],
  ])
})

it.each([
  [0.5, 'ends on 2026-06-01T12:00:00Z, in less than a day.'],
  [1.5, 'ends on 2026-06-02T12:00:00Z, in 1 day.'],
  [-1, 'ended on 2026-05-31T00:00:00Z: nothing reaches it.'],
])('says how long it lasts: %s days', (days, words) => {
  const told = oneOfEach()(days).find(({ alert }) => alert === 'receiver_certificate_ends')
  expect(told?.message).toBe(`The TLS certificate of acme (DE-CPO) ${words}`)
})

it('has the limits of the rules for Prometheus', () => {
  const rules = readFileSync(new URL('../../../config/prometheus/alerts.yml', import.meta.url), 'utf8')
  const limits = [...rules.matchAll(/alert: (\w+CertificateEnds\w*)\n\s+expr: .* < (\d+) \* 86400/g)]
  expect(limits.length).toBe(3)
  for (const [, rule = '', limit] of limits) {
    const name = rule
      .replace('Ocpi', '')
      .replace(/(?<=.)([A-Z])/g, '_$1')
      .toLowerCase()
    const firesAt = (days: number) => oneOfEach()(days).some(({ alert }) => alert === name)
    expect([name, firesAt(Number(limit)), firesAt(Number(limit) - 0.01)]).toEqual([name, false, true])
  }
})

describe('certificates', () => {
  it('of receivers are told by the holder of the lease, those of its own by each hub', async () => {
    const at = await scene()
    at.ends.listeners.push(['ocpi', at.clock.now()])
    at.ends.receivers.push(['acme', at.clock.now()], ['examined', at.clock.now()])
    at.holds = false
    at.clock.advance(20_000)
    const names = at.told().map(([alert]) => alert)
    expect(names).toEqual(['hub_certificate_ends', 'hub_certificate_ends_now'])
    // Not told a second time by a hub that takes the lease over; its end is.
    at.holds = true
    at.clock.advance(5_000)
    expect(at.told()).toEqual([])
    await at.registry.remove(at.registry.table().connections.get('acme')!.platform)
    expect(at.told()).toEqual([['receiver_certificate_ends', 'resolved', 'acme']])
    at.clock.advance(5_000)
    expect(at.told()).toEqual([])
  })

  it('of receivers are told by a hub that has no lease yet when it starts', async () => {
    const at = await scene()
    at.ends.receivers.push(['acme', at.clock.now()])
    at.holds = false
    at.clock.advance(10_000)
    at.holds = true
    at.clock.advance(5_000)
    expect(at.told()).toEqual([['receiver_certificate_ends', 'firing', 'acme']])
  })
})
