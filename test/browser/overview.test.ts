// The overview: what passed through the hub in the last hour, what fails most and whose side it is, what changed.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { operate } from '../support/admin.ts'
import { ok } from '../support/envelopes.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, startHub, type Scene, type TestHub } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { startChromium } from './chromium.ts'
import { within } from './within.ts'

let browser: Browser
let empty: TestHub
let scene: Scene<{ emsp: Party; cpo: Party; dead: Party; away: Party }>

beforeAll(async () => {
  browser = await startChromium()
  // The hub runs in the process of the tests, which may be much older than it.
  const begun = performance.now()
  vi.spyOn(process, 'uptime').mockImplementation(() => (performance.now() - begun) / 1000)
  empty = await startHub()
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    dead: party('DE-DED', 'CPO', { at: await closedPort() }),
    away: party('FR-OFF', 'CPO', { status: 'OFFLINE' }),
  })
  const { emsp, cpo } = scene
  cpo.answers('*', { json: ok([]) })
  for (let count = 0; count < 6; count++) await emsp.gets('locations', { to: 'DE-CPO' })
  for (let count = 0; count < 3; count++) await emsp.gets('locations', { to: 'DE-DED' })
  await emsp.gets('locations', { to: 'FR-OFF' })
  await scene.hub.newest({ fault: 'to_not_connected' })
})
afterAll(async () => {
  vi.restoreAllMocks()
  await browser.close()
  await scene.close()
  await empty.close()
})

describe('the overview', () => {
  it('counts the requests of the last hour, and those that failed', () =>
    within(browser, scene.hub.adminUrl, {}, async ({ page }) => {
      const tile = (term: string) => page.locator('.tile', { hasText: term })
      await tile('Requests').getByText('10', { exact: true }).waitFor()
      await tile('Not 1xxx').getByText('40 % of requests').waitFor()
      await tile('Platforms').getByText('4', { exact: true }).waitFor()
    }))

  it('draws them, and gives the same numbers as a table', () =>
    within(browser, scene.hub.adminUrl, {}, async ({ page }) => {
      await page.locator('.chart canvas').nth(1).waitFor()
      const table = page.getByRole('table', { name: 'Not 1xxx, by side, per minute' })
      expect(await table.getByRole('columnheader').allTextContents()).toEqual([
        'Time',
        'responder',
        'requester',
        'hub',
        "party's own answer",
      ])
      const rows = await table.locator('tbody tr').evaluateAll((all) => all.map((row) => row.textContent))
      expect(rows.join()).toMatch(/4000/)
    }))

  it('draws what failed even in the first minute of a hub, whose only value makes no line', () =>
    within(browser, scene.hub.adminUrl, {}, async ({ page }) => {
      await page.locator('.chart canvas').nth(1).waitFor()
      await expect.poll(() => page.evaluate<number>(RESPONDER_PIXELS)).toBeGreaterThan(10)
    }))

  it('lists what fails most, with whose side, and leads to the errors', () =>
    within(browser, scene.hub.adminUrl, {}, async ({ page }) => {
      const first = page.getByRole('region', { name: 'What fails most' }).locator('tbody tr').first()
      await first.getByText('responder').waitFor()
      expect(await first.innerText()).toMatch(/4003.*connection refused[^]*DE-DED[^]*responder[^]*3/)
      await first.getByRole('link').click()
      await page.getByRole('heading', { name: 'Errors' }).waitFor()
      await page.waitForURL('**/errors?since=1h&to=DE-DED&code=4003&fault=connection_refused')
    }))

  it('tells what started to fail and which parties stand how', () =>
    within(browser, scene.hub.adminUrl, {}, async ({ page }) => {
      const changed = page.getByRole('region', { name: 'What changed' })
      await changed.getByRole('link', { name: 'DE-DED: 4003 connection refused' }).waitFor()
      await changed.getByText('No connection changed its status.').waitFor()
      await page.getByRole('link', { name: /offline/ }).click()
      await page.getByRole('cell', { name: 'FR-OFF Ltd' }).waitFor()
      expect(await page.locator('tbody tr').count()).toBe(1)
    }))

  it('tells what changed while it is open, newest first', () =>
    within(browser, scene.hub.adminUrl, {}, async ({ page }) => {
      const changed = page.getByRole('region', { name: 'What changed' })
      await changed.getByText('No connection changed its status.').waitFor()
      for (const id of ['de-ded', 'de-cpo']) {
        expect((await operate(scene.hub, `POST /platforms/${id}/suspend`)).status).toBe(200)
      }
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
      const lines = changed.getByRole('listitem').filter({ has: page.locator('.status-suspended') })
      await lines.nth(1).waitFor()
      const texts = (await lines.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))
      expect(texts).toEqual([
        expect.stringMatching(/^DE-CPO suspended (just now|\d+ s ago)/),
        expect.stringMatching(/^DE-DED suspended (just now|\d+ s ago)/),
      ])
    }))

  it('of a new hub says why there is nothing to see', () =>
    within(browser, empty.adminUrl, {}, async ({ page }) => {
      await page.getByText('Nothing failed in the last hour.').waitFor()
      await page.getByText('No party is known yet.').waitFor()
    }))
})

/** How many pixels of the second chart have the colour of the responder's side, in the light: #a84a05. */
const RESPONDER_PIXELS = `(() => {
  const canvas = document.querySelectorAll('.chart canvas')[1]
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let found = 0
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] === 0xa8 && data[at + 1] === 0x4a && data[at + 2] === 0x05 && data[at + 3] === 255) found++
  }
  return found
})()`
