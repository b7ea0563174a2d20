// How alerts get to the web hook: repeated while it makes sense, in order, bounded, and never at others' cost.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMetrics, type Metrics } from '../../../src/journal/metrics.ts'
import { createWebhook, type Webhook, type WebhookOptions } from '../../../src/modules/alert-webhook.ts'
import type { Alert } from '../../../src/modules/alerts.ts'
import { jsonReceiver, type JsonReceiver } from '../../support/json-receiver.ts'
import { waitFor } from '../../support/wait.ts'

let receiver: JsonReceiver
let metrics: Metrics
let webhook: Webhook
let warned: object[]

beforeEach(async () => {
  receiver = await jsonReceiver()
})
afterEach(async () => {
  await webhook.close()
  await receiver.close()
})

function open(changes: Partial<WebhookOptions> = {}): Webhook {
  metrics = createMetrics({ version: '1.2.3' })
  warned = []
  webhook = createWebhook(
    { log: { warn: (fields) => void warned.push(fields) }, metrics },
    {
      url: `${receiver.url}/hook?key=1`,
      network: { requireHttps: false, allow: ['127.0.0.0/8'] },
      about: { hub: 'NL-HUB', instance: 'host:1' },
      pausesMs: [5, 5, 5],
      ...changes,
    },
  )
  return webhook
}

function alert(subject = 'acme', status: Alert['status'] = 'firing'): Alert {
  return {
    alert: 'offline',
    status,
    severity: 'warning',
    subject,
    since: '2026-01-01T00:00:00.000Z',
    time: '2026-01-01T00:00:01.000Z',
    message: 'acme is OFFLINE.',
    causes: [],
  }
}

async function counted(result: string, count: number): Promise<void> {
  await waitFor(
    async () => (await metrics.text()).includes(`ocpi_hub_alerts_total{result="${result}"} ${count}\n`),
    {
      what: `${count} alerts ${result}`,
    },
  )
}

describe('the web hook', () => {
  it('gets the alert as JSON with the name of the hub and the configured header', async () => {
    open({ authorization: 'Bearer secret' }).post(alert())
    await counted('sent', 1)
    expect(receiver.posts).toMatchObject([
      {
        path: 'POST /hook?key=1',
        headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
        json: { ...alert(), hub: 'NL-HUB', instance: 'host:1' },
      },
    ])
  })

  it('is asked again after 5xx, 429 and a broken connection, and then gets the next one in order', async () => {
    receiver.answers.push(500, 429, 503)
    open().post(alert())
    webhook.post(alert('acme', 'resolved'))
    await counted('sent', 2)
    expect(receiver.posts.map(({ json }) => json.status)).toEqual([
      'firing',
      'firing',
      'firing',
      'firing',
      'resolved',
    ])
    expect(warned).toEqual([])
  })

  it.each([400, 404, 302])('is not asked again after %d', async (status) => {
    receiver.answers.push(status)
    open().post(alert())
    await counted('failed', 1)
    expect(receiver.posts).toHaveLength(1)
    expect(warned).toEqual([
      { alert: 'offline', subject: 'acme', status: 'firing', problem: `HTTP ${status}` },
    ])
  })

  it('is given up after the last attempt; the next alert is tried all the same', async () => {
    receiver.answers.push(500, 500, 500, 500)
    open().post(alert())
    await counted('failed', 1)
    expect(receiver.posts).toHaveLength(4)
    webhook.post(alert('other'))
    await counted('sent', 1)
  })

  it('is not called at an address that the network settings forbid', async () => {
    open({ network: { requireHttps: false, allow: [] } }).post(alert())
    await counted('failed', 1)
    expect(receiver.posts).toEqual([])
    expect(warned).toMatchObject([{ problem: 'destination_ip_prohibited' }])
  })
})

describe('a web hook that hangs', () => {
  it('holds at most 200 alerts, the newest, and ends with the hub', async () => {
    receiver.answers.push('hang')
    open().post(alert('first'))
    await receiver.post(({ subject }) => subject === 'first', 'the first alert')
    for (let count = 0; count < 250; count++) webhook.post(alert(`p${count}`))
    await counted('dropped', 50)
    const start = performance.now()
    await webhook.close()
    expect(performance.now() - start).toBeLessThan(3_000)
    await waitFor(() => warned.length === 2, { what: 'words on what was not sent' })
    expect(warned).toEqual([
      { alerts: 200 },
      { alert: 'offline', subject: 'first', status: 'firing', problem: 'the hub ended' },
    ])
    webhook.post(alert('late'))
    expect(receiver.posts).toHaveLength(1)
  })
})
