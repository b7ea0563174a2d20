// Logging in and out at the dashboard, with a right, a wrong and a reading token.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { startChromium } from './chromium.ts'
import { logIn, type Dashboard, type DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

const READER = 'a-token-that-may-only-read-0123456789'

let hub: TestHub
let browser: Browser
beforeAll(async () => {
  browser = await startChromium()
  hub = await startHub({
    admin: { tokens: [{ name: 'watcher', role: 'read', sha256: hashAdminToken(READER) }] },
  })
})
afterAll(async () => {
  await browser.close()
  await hub.close()
})

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, hub.adminUrl, options, look)

describe('the log-in of the dashboard', () => {
  it('takes the admin token and shows the pages', () =>
    dashboard({ token: null }, async ({ page }) => {
      await logIn(page)
      await page.getByText('Parties by status').waitFor()
      expect(await page.title()).toBe('Overview · ocpi-hub')
    }))

  it('says that a token is wrong, and keeps the keyboard in the field', () =>
    dashboard({ token: null, provokes: [401] }, async ({ page }) => {
      await page.locator('input[name="token"]:focus').waitFor()
      await page.keyboard.type('not-the-token')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('The hub does not know this token.').waitFor()
      const focused = await page.evaluate('document.activeElement.name')
      expect(focused).toBe('token')
    }))

  it('keeps the session over a reload, in a cookie that scripts cannot read', () =>
    dashboard({}, async ({ page }) => {
      await page.reload()
      await page.getByRole('navigation', { name: 'Pages' }).waitFor()
      expect(await page.evaluate('document.cookie')).toBe('')
      const [cookie] = await page.context().cookies()
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', secure: false })
      const storage = await page.evaluate('localStorage.length + sessionStorage.length')
      expect(storage).toBe(0)
    }))

  it('ends with the log-out, for the API as well', () =>
    dashboard({}, async ({ page }) => {
      const cookies = await page.context().cookies()
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.getByLabel('Admin token').waitFor()
      const header = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
      const answer = await fetch(`${hub.adminUrl}/api/v1/status`, { headers: { cookie: header } })
      expect(answer.status).toBe(401)
    }))

  it('asks again when the session has ended, and then goes on where one was', () =>
    dashboard({ provokes: [401] }, async ({ page, open }) => {
      await open('/errors?to=DE-CPO')
      await page.getByText('Nothing in the journal matches').waitFor()
      await page.getByLabel('Sender', { exact: true }).fill('NL-EMS')
      // From here on any reading may find that the session has ended, also one of the page's own.
      await page.context().clearCookies()
      await page.keyboard.press('Enter')
      await page.getByText('Your session has ended.').waitFor()
      await logIn(page)
      await page.getByRole('heading', { name: 'Errors' }).waitFor()
      expect(new URL(page.url()).search).toContain('to=DE-CPO')
    }))

  it('shows one who may only read nothing that changes anything', () =>
    dashboard({ token: READER }, async ({ page, open }) => {
      await page.getByText('watcher').waitFor()
      await open('/parties')
      await page.getByText('No party is connected yet.').waitFor()
      expect(await page.getByRole('button', { name: 'Prepare a connection' }).count()).toBe(0)
    }))
})
