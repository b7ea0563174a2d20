// The hub itself on its page: its registry and the decision when that has shrunk, the configuration file read again with
// its difference, and who changed what.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createHub, type Hub } from '../../src/hub.ts'
import { operate } from '../support/admin.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'
import { startChromium } from './chromium.ts'
import type { Dashboard, DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

const READER = 'a-token-that-may-only-read-0123456789'

let browser: Browser
beforeAll(async () => {
  browser = await startChromium()
})
afterAll(() => browser.close())

const card = (page: Page, name: string) => page.getByRole('region', { name })

describe('the registry', () => {
  let redis: RedisHandle
  let hub: TestHub
  beforeAll(async () => {
    redis = await startRedis()
    hub = await startHub({
      registry: { driver: 'redis', url: redis.url },
      admin: { tokens: [{ name: 'watcher', role: 'read', sha256: hashAdminToken(READER) }] },
    })
    for (const id of ['one', 'two', 'three']) await operate(hub, 'POST /platforms', { json: { id } })
  })
  afterAll(async () => {
    await hub.close()
    await redis.end()
  })

  // A store that was just emptied or stopped may fail a call of the page, which the browser writes to its console.
  const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
    within(browser, hub.adminUrl, { provokes: [503], ...options }, look)

  it('that is well is told in few words, and asks for nothing', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/hub')
      await card(page, 'Registry').getByText('answers, and takes writes').waitFor()
      expect(await card(page, 'Registry').innerText()).toMatch(
        /Last reading\s+current[^]*Platforms\s+3 in revision/,
      )
      expect(await card(page, 'Registry').getByRole('button').count()).toBe(0)
    }))

  it('is downloaded as a backup that an import reads, by those who may operate', async () => {
    await dashboard({}, async ({ page, open }) => {
      await open('/hub')
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download a backup' }).click(),
      ])
      expect(download.suggestedFilename()).toBe('ocpi-hub-registry.json')
      const json: unknown = JSON.parse(readFileSync(await download.path(), 'utf8'))
      const taken = await operate(hub, 'POST /registry/import?replace=true', { json })
      expect([taken.status, taken.json]).toEqual([200, { imported: 3, links: 0 }])
    })
    await dashboard({ token: READER }, async ({ page, open }) => {
      await open('/hub')
      await card(page, 'Registry').getByText('answers, and takes writes').waitFor()
      expect(await page.getByRole('link', { name: 'Download a backup' }).count()).toBe(0)
    })
  })

  it('says which key of secret_key it depends on', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/hub')
      await card(page, 'Registry').getByText('in use: 0 tokens sealed with it, 3 hashed').waitFor()
    }))

  it('that has shrunk is told on every page, and restored on this one', () =>
    dashboard({}, async ({ page, open }) => {
      await redis.flush()
      await waitFor(() => hub.registry.health().alarm, { what: 'the alarm' })
      await open('/codes')
      await page.getByRole('link', { name: 'registry has shrunk' }).click()
      const alarm = card(page, 'Registry').getByRole('alert')
      await alarm.getByText('go on with the 3 they remember').waitFor()
      await alarm.getByText('Do not restart a hub before that').waitFor()
      await alarm.getByRole('button', { name: 'Restore them' }).press('Enter')
      const dialog = page.getByRole('dialog', { name: 'Restore the registry' })
      await dialog.getByRole('button', { name: 'Write them back' }).press('Enter')
      await dialog.getByText('They are written back. The registry has 3 platforms.').waitFor()
      await dialog.getByRole('button', { name: 'Close' }).press('Enter')
      await alarm.waitFor({ state: 'detached' })
      expect(hub.registry.health().alarm).toBeUndefined()
      expect(hub.registry.table().connections.size).toBe(3)
      await card(page, 'Audit trail').getByText('registry restore').waitFor()
    }))

  it('that has shrunk is not decided by one who may only read', () =>
    dashboard({ token: READER }, async ({ page, open }) => {
      await redis.flush()
      await waitFor(() => hub.registry.health().alarm, { what: 'the alarm' })
      await open('/hub')
      await page.getByText('Somebody whose token may operate must decide.').waitFor()
      expect(await card(page, 'Registry').getByRole('button').count()).toBe(0)
    }))

  it('is believed when the operator says that they are gone, not by pressing Enter twice', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/hub')
      const gone = page.getByRole('button', { name: 'They are gone' })
      await gone.press('Enter')
      const dialog = page.getByRole('dialog', { name: 'Accept the loss' })
      await dialog.getByRole('button', { name: 'Cancel' }).and(page.locator(':focus')).waitFor()
      await page.keyboard.press('Enter')
      await dialog.waitFor({ state: 'detached' })
      expect(hub.registry.table().connections.size).toBe(3)
      await gone.press('Enter')
      await dialog.getByRole('button', { name: 'Forget them' }).press('Enter')
      await dialog.getByText('They are forgotten. The registry has 0 platforms.').waitFor()
      expect(hub.registry.table().connections.size).toBe(0)
    }))

  it('whose store is away is told with its age, and with what is wrong', () =>
    dashboard({}, async ({ page, open }) => {
      await redis.stop()
      await waitFor(() => hub.registry.health().stalenessSeconds > 5, { limitMs: 10_000 })
      await open('/hub')
      await card(page, 'Registry').getByText('does not answer', { exact: true }).waitFor()
      await card(page, 'Registry')
        .getByText(/old; requests are routed by it all the same/)
        .waitFor()
      await card(page, 'Registry')
        .getByText(/ECONNREFUSED|not connected/)
        .waitFor()
      await page.getByRole('link', { name: 'registry not reachable' }).waitFor()
      await redis.start()
      await waitFor(() => hub.registry.health().up, { limitMs: 10_000 })
      await card(page, 'Registry').getByText('current').waitFor()
    }))
})

describe('the configuration', () => {
  const directory = makeDirectory()
  const file = join(directory.path, 'hub.yaml')
  let hub: Hub
  let reading: TestHub
  beforeAll(async () => {
    write('{ timeout: 5s }')
    const loaded = await loadConfig(file, {})
    if (!loaded.config) throw new Error(JSON.stringify(loaded.faults))
    hub = await createHub(loaded.config, { load: () => loadConfig(file, {}) })
    reading = await startHub()
  })
  afterAll(async () => {
    await hub.close()
    await reading.close()
    directory.remove()
  })

  function write(forwarding: string, more: readonly string[] = []): void {
    const lines = [
      'hub: { country_code: NL, party_id: HUB, name: Hub, public_url: http://hub.example }',
      'listen: { ocpi: { host: 127.0.0.1, port: 0 }, admin: { host: 127.0.0.1, port: 0 } }',
      `admin: { token: ${ADMIN_TOKEN} }`,
      'registry: { path: ":memory:" }',
      'log: { level: silent }',
      `forwarding: ${forwarding}`,
      ...more,
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
  }

  const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
    within(browser, hub.adminUrl, options, look)

  async function preview(page: Page) {
    await page.getByRole('button', { name: 'What would change' }).click()
    return page.getByRole('dialog', { name: 'Read the configuration file again' })
  }

  it('shows what a file that was edited would change, and takes it over only then', () =>
    dashboard({}, async ({ page, open }) => {
      write('{ timeout: 7s }', [
        'platforms:',
        '  - { id: acme, status: PLANNED, tokens: { inbound: acme-shows-the-hub }, roles: [{ country_code: DE, party_id: CPO, role: CPO }] }',
        'routes: [{ to: DE-CPO, action: deny }]',
      ])
      await open('/hub')
      const dialog = await preview(page)
      await dialog.getByText('This would change:').waitFor()
      const text = (await dialog.innerText()).replaceAll(/\s+/g, ' ')
      expect(text).toMatch(/forwarding\.timeout 5s → 7s/)
      expect(text).toMatch(/platforms added: acme/)
      expect(text).toMatch(/routes changed; its value is not shown/)
      expect(hub.registry.table().connections.size).toBe(0)
      await dialog.getByRole('button', { name: 'Take it over' }).click()
      await dialog.getByText('In effect now:').waitFor()
      expect([...hub.registry.table().connections.keys()]).toEqual(['acme'])
      await dialog.getByRole('button', { name: 'Close' }).click()
      await page.getByRole('row', { name: /admin config reload.*changed: forwarding.timeout/ }).waitFor()
      await preview(page)
      await dialog.getByText('Nothing has changed in the file').waitFor()
    }))

  it('tells each fault of a file with its place', () =>
    dashboard({ provokes: [422] }, async ({ page, open }) => {
      write('{ timeot: 7s }')
      await open('/hub')
      const dialog = await preview(page)
      await dialog.getByText(`${file}:6:15`).waitFor()
      await dialog.getByText('did you mean "timeout"?').waitFor()
      expect(await dialog.getByRole('button', { name: 'Take it over' }).count()).toBe(0)
    }))

  it('tells the keys of a file that need a restart', () =>
    dashboard({ provokes: [409] }, async ({ page, open }) => {
      write('{ timeout: 7s, max_request_body: 1MiB }')
      await open('/hub')
      const dialog = await preview(page)
      await dialog.getByText('These keys can only be changed by a restart').waitFor()
      await dialog.getByText('forwarding.max_request_body').waitFor()
      expect((await operate(hub, 'GET /reload')).status).toBe(409)
    }))

  it('says so where there is no file', () =>
    within(browser, reading.adminUrl, { provokes: [409] }, async ({ page, open }) => {
      await open('/hub')
      const dialog = await preview(page)
      await dialog.getByText('there is nothing to read again').waitFor()
    }))
})

describe('the audit trail', () => {
  let hub: TestHub
  beforeAll(async () => {
    hub = await startHub()
  })
  afterAll(() => hub.close())

  it('that is empty says what it is for', () =>
    within(browser, hub.adminUrl, {}, async ({ page, open }) => {
      await open('/hub')
      await page.getByText('Nobody has changed anything yet.').waitFor()
    }))

  it('lists who did what, page by page, and leads to the platform', () =>
    within(browser, hub.adminUrl, {}, async ({ page, open }) => {
      await operate(hub, 'POST /platforms', { json: { id: 'acme' } })
      for (let count = 0; count < 60; count++) {
        await operate(hub, 'PUT /routes', { json: { items: [{ to: 'DE-CPO', timeout: `${count + 1}s` }] } })
      }
      await open('/')
      await page.getByRole('link', { name: 'The whole audit trail' }).click()
      const trail = card(page, 'Audit trail')
      const rows = trail.locator('tbody tr')
      await rows.nth(49).waitFor()
      expect((await rows.first().innerText()).replaceAll(/\s+/g, ' ')).toMatch(
        /admin routes put version 60 1 rule before, 1 since, registry/,
      )
      await trail.getByRole('button', { name: 'Next' }).click()
      await trail.getByText('Page 2').waitFor()
      await trail.getByRole('link', { name: 'acme' }).click()
      await page.getByRole('heading', { name: 'acme' }).waitFor()
    }))
})
