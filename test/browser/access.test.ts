// What pages are to those who do not tell colours apart, and to those who hear them.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlatformConfig } from '../../src/config/hub-config.ts'
import { operate } from '../support/admin.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { startChromium } from './chromium.ts'
import { isTooWide, type Dashboard, type DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

let browser: Browser
let scene: Scene<{ emsp: Party; dead: Party }>

/** As long as an id may be, without any place to break it at. */
const LONGEST: PlatformConfig = {
  id: 'W'.repeat(64),
  version: '2.2.1',
  tokens: { inbound: 'longest-to-hub', outbound: 'hub-to-longest' },
  endpoints: [],
  roles: [{ countryCode: 'GB', partyId: 'LNG', role: 'CPO', name: 'Longest' }],
  status: 'CONNECTED',
  errors: 'ocpi',
}

beforeAll(async () => {
  browser = await startChromium()
  const at = await closedPort()
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), dead: party('DE-CPO', 'CPO', { at }) },
    { platforms: [LONGEST] },
  )
  const { sent } = await scene.emsp.gets('locations', { to: 'DE-CPO' })
  await scene.hub.newest({ correlation_id: sent.correlationId })
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, scene.hub.adminUrl, options, look)

const headings = (page: Page) => page.getByRole('heading', { level: 1 }).allTextContents()

describe('a link among other text', () => {
  it('is underlined, and not told by its colour alone', () =>
    dashboard({}, async ({ page, open }) => {
      const places = [
        ['/', 'All errors'],
        ['/parties/de-cpo', 'the file is read again'],
        ['/errors?from=ZZ-TOP', 'Drop the filters'],
        ['/routes?from=NL-EMS&to=DE-CPO&module=locations', 'de-cpo'],
      ] as const
      for (const [path, name] of places) {
        await open(path)
        const link = page.getByRole('link', { name }).first()
        await link.waitFor()
        const line = await link.evaluate(
          (element) => element.ownerDocument.defaultView?.getComputedStyle(element).textDecorationLine,
        )
        expect([path, line]).toEqual([path, 'underline'])
      }
    }))
})

describe('a page about what is not there', () => {
  it('has the one heading that says what it is about', () =>
    dashboard({ provokes: [404] }, async ({ page, open }) => {
      await open('/parties/nobody')
      await page.getByText('There is no platform “nobody”.').waitFor()
      expect(await headings(page)).toEqual(['nobody'])
      await open('/captures/none')
      await page.getByText('There is no such capture.').waitFor()
      expect(await headings(page)).toEqual(['Capture'])
    }))
})

describe("a partner's view", () => {
  it('fits a phone with the longest id there can be, and is marked as what the page is for', () =>
    dashboard({ viewport: { width: 320, height: 900 } }, async ({ page, offences }) => {
      const { url } = (await operate(scene.hub, `POST /platforms/${LONGEST.id}/view-link`, { json: {} })).json
      await page.goto(url.replace(/^https?:\/\/[^/]+/, scene.hub.ocpiUrl))
      await page.getByRole('main').getByText('Your connection is CONNECTED').waitFor()
      expect([await isTooWide(page), (await headings(page)).length]).toEqual([false, 1])
      // It is served on the other listener.
      ;(offences as string[]).splice(0)
    }))
})
