// The catalogue of codes: all systems, searched as one types.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CATALOGUE } from '../../src/dialects/catalogue.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { startChromium } from './chromium.ts'
import { within } from './within.ts'

let browser: Browser
let hub: TestHub
beforeAll(async () => {
  browser = await startChromium()
  hub = await startHub()
})
afterAll(async () => {
  await browser.close()
  await hub.close()
})

describe('the codes', () => {
  it('are all there, by system', () =>
    within(browser, hub.adminUrl, {}, async ({ page, open }) => {
      await open('/codes')
      await page.getByText(`${CATALOGUE.length} of ${CATALOGUE.length}`).waitFor()
      expect(await page.locator('tbody tr').count()).toBe(CATALOGUE.length)
      const systems = new Set(CATALOGUE.map(({ system }) => system))
      expect(await page.getByRole('region').count()).toBe(systems.size)
    }))

  it('are found by code, by word and by side, and the search is in the address', () =>
    within(browser, hub.adminUrl, {}, async ({ page, open }) => {
      await open('/codes?q=dns_error')
      const row = page.locator('tbody tr')
      await row.filter({ hasText: 'dns_error' }).waitFor()
      expect(await row.innerText()).toMatch(/does not resolve[^]*responder[^]*Repair the DNS record/)
      await page.getByLabel('Search').fill('certificate')
      await row.filter({ hasText: 'tls_certificate_error' }).waitFor()
      await page.waitForURL('**/codes?q=certificate')
      await page.getByLabel('Search').fill('no such thing')
      await page.getByText('No code matches.').waitFor()
    }))

  it('that could not be read come by themselves, or when one asks again', () =>
    within(browser, hub.adminUrl, { provokes: [503] }, async ({ page, open }) => {
      await page.route('**/api/v1/codes*', (route) => route.fulfill({ status: 503, json: {} }))
      await open('/codes')
      const retry = page.getByRole('alert').getByRole('button', { name: 'Try again' })
      await retry.waitFor()
      await retry.click()
      await page.unroute('**/api/v1/codes*')
      await page.getByText(`${CATALOGUE.length} of ${CATALOGUE.length}`).waitFor()
      expect(await retry.count()).toBe(0)
    }))

  it('of one system can be seen alone', () =>
    within(browser, hub.adminUrl, {}, async ({ page, open }) => {
      await open('/codes')
      await page.getByLabel('System').selectOption('ivxp')
      await page.getByRole('region', { name: 'Hub faults' }).waitFor({ state: 'detached' })
      const rows = CATALOGUE.filter(({ system }) => system === 'ivxp')
      expect(await page.locator('tbody tr').count()).toBe(rows.length)
    }))
})
