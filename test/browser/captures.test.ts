// Captures on their page: armed for a party and module, looked at, dropped; nothing for those who may only read.

import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import { operate } from '../support/admin.ts'
import { ok } from '../support/envelopes.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { startChromium } from './chromium.ts'
import type { Dashboard, DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

const READER = 'a-token-that-may-only-read-0123456789'

let browser: Browser
let scene: Scene<{ emsp: Party; cpo: Party }>
beforeAll(async () => {
  browser = await startChromium()
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
    { admin: { tokens: [{ name: 'watcher', role: 'read', sha256: hashAdminToken(READER) }] } },
  )
  scene.cpo.answers('*', { json: ok({ id: 'S1', kwh: 7, contract_id: 'canary-contract' }) })
  scene.cpo.answers('sessions/NL/EMS/BROKEN', { status: 500, body: '<h1>oops</h1>' })
})
afterEach(async () => {
  for (const { id } of (await operate(scene.hub, 'GET /captures')).json.items) {
    await operate(scene.hub, `DELETE /captures/${id}`)
  }
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, scene.hub.adminUrl, options, look)

async function arm(page: Page, which: { party: string; module: string }): Promise<void> {
  await page.getByLabel('Party, either side').fill(which.party)
  await page.getByLabel('Module').fill(which.module)
  await page.keyboard.press('Enter')
}

const push = (id: string) =>
  scene.emsp.puts('sessions', { to: 'DE-CPO', path: `/NL/EMS/${id}`, json: { id, auth_id: 'canary-auth' } })

describe('a capture', () => {
  it('is armed, fills, is looked at and dropped, with the keyboard alone', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/captures')
      await page.getByText('Nothing is captured.').waitFor()
      await arm(page, { party: 'de*cpo', module: 'sessions' })
      const row = page.locator('tbody tr')
      await row.getByText('armed').waitFor()
      expect((await row.innerText()).replaceAll(/\s+/g, ' ')).toMatch(
        /DE-CPO sessions armed ends in [45] min admin \d\d:\d\d:\d\d 0/,
      )
      await push('S1')
      await push('BROKEN')
      await page.locator('td[data-label="Kept"]').getByText('2', { exact: true }).waitFor()
      await row.getByRole('link', { name: 'Look' }).press('Enter')
      await page.getByRole('heading', { name: 'sessions of DE-CPO' }).waitFor()
      const [broken, good] = [page.locator('details').nth(0), page.locator('details').nth(1)]
      expect(await broken.innerText()).toMatch(/NL-EMS → DE-CPO[^]*BROKEN[^]*answer not ocpi/)
      await good.locator('summary').press('Enter')
      await good.getByRole('region', { name: 'Request body' }).getByText('"auth_id": "[redacted]"').waitFor()
      await good.getByRole('region', { name: 'Answer body' }).getByText('"kwh": 7').waitFor()
      expect(await page.content()).not.toContain('canary')
      await good.getByRole('link', { name: 'Time line of the exchange' }).waitFor()
      await page.getByRole('link', { name: 'All captures' }).press('Enter')
      await row.getByRole('button', { name: 'Drop' }).press('Enter')
      const dialog = page.getByRole('dialog', { name: 'Drop the capture' })
      await dialog.getByText('its 2 exchanges are forgotten').waitFor()
      await dialog.getByRole('button', { name: 'Drop it' }).press('Enter')
      await page.getByText('Nothing is captured.').waitFor()
    }))

  it('that the hub does not take is told at the form', () =>
    dashboard({ provokes: [400, 404] }, async ({ page, open }) => {
      await open('/captures')
      await arm(page, { party: 'ZZ-TOP', module: 'sessions' })
      await page.getByRole('alert').getByText('ZZ-TOP is not known to the hub.').waitFor()
      await arm(page, { party: 'nonsense', module: 'sessions' })
      await page.getByRole('alert').getByText('must be a party').waitFor()
    }))

  it('is offered from the time line of an exchange, with its party and module', () =>
    dashboard({}, async ({ page, open }) => {
      const { sent } = await push('BROKEN')
      await scene.hub.newest({ correlation_id: sent.correlationId })
      await open(`/correlations/${sent.correlationId}`)
      await page.getByRole('link', { name: 'Capture the next ones' }).click()
      expect(await page.getByLabel('Party, either side').inputValue()).toBe('DE-CPO')
      expect(await page.getByLabel('Module').inputValue()).toBe('sessions')
    }))

  it('that is gone is told to be', () =>
    dashboard({ provokes: [404] }, async ({ page, open }) => {
      await open('/captures/nothing')
      await page.getByText('There is no such capture.').waitFor()
    }))

  it('is seen, but not looked into, by one who may only read', () =>
    dashboard({ token: READER }, async ({ page, open }) => {
      const json = { party: 'DE-CPO', module: 'cdrs' }
      const armed = await operate(scene.hub, 'POST /captures', { json })
      await open('/captures')
      await page.locator('tbody tr').getByText('armed').waitFor()
      expect(await page.getByRole('button', { name: /Arm|Drop/ }).count()).toBe(0)
      await open(`/captures/${armed.json.id}`)
      await page.getByText('Your token may only read').waitFor()
    }))
})
