// The errors: sender by receiver, filters that are in the address, the list, new entries as they come, failing reads.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAULT_CODES } from '../../src/faults/table.ts'
import { ok, says } from '../support/envelopes.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { startChromium } from './chromium.ts'
import type { Dashboard, DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

let browser: Browser
let scene: Scene<{ emsp: Party; other: Party; cpo: Party; dead: Party }>

beforeAll(async () => {
  browser = await startChromium()
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    other: party('NL-OTH', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    dead: party('DE-DED', 'CPO', { at: await closedPort() }),
  })
  const { emsp, other, cpo } = scene
  cpo.answers('*', { json: ok([]) })
  cpo.answers('locations/LOC2', { json: says(2003, 'Unknown location') })
  cpo.answers('tariffs', { status: 500, body: '<h1>oops</h1>' })
  for (let count = 0; count < 3; count++) await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
  await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC2' })
  await other.gets('tariffs', { to: 'DE-CPO' })
  await emsp.gets('locations', { to: 'DE-DED' })
  await emsp.puts('tokens', { to: 'ZZ-TOP', path: '/NL/EMS/1', json: {} })
  await scene.hub.newest({ fault: 'to_unknown' })
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, scene.hub.adminUrl, options, look)

describe('the errors', () => {
  it('are listed with code, side, parties, whether they arrived and what to do', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/errors')
      const rows = page.getByRole('region', { name: 'Newest first' }).locator('tbody tr')
      await rows.nth(3).waitFor()
      // What to do is read after the entries.
      await rows.getByText('correct the request').nth(1).waitFor()
      const texts = (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))
      expect(texts).toEqual([
        expect.stringMatching(/4001 to unknown requester NL-EMS → ZZ-TOP PUT tokens no correct the request /),
        expect.stringMatching(
          /4003 connection refused responder NL-EMS → DE-DED GET locations no repeat later /,
        ),
        expect.stringMatching(
          /4000 answer not ocpi responder NL-OTH → DE-CPO GET tariffs yes ask the receiver's operator /,
        ),
        expect.stringMatching(
          /2003 responder's own answer requester NL-EMS → DE-CPO GET locations yes correct the request /,
        ),
      ])
    }))

  it('by sender and receiver show the share of requests that failed', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/errors')
      const matrix = page.getByRole('table').filter({ hasText: 'sender ↓' })
      const cell = matrix.getByRole('link', { name: 'NL-EMS to DE-CPO: 1 fault, 25 % of 4 requests' })
      const uncounted = matrix.getByRole('link', { name: 'NL-EMS to ZZ-TOP: 1 fault' }).locator('..')
      await page.getByText('requests not counted').waitFor()
      await expect.poll(() => uncounted.getAttribute('class')).toBe('shade-0')
      await cell.click()
      await page.getByText('connection refused').waitFor({ state: 'detached' })
      await page.waitForURL('**/errors?from=NL-EMS&to=DE-CPO')
      await expect.poll(() => page.locator('.errors tbody tr').count()).toBe(1)
      expect(await cell.getAttribute('aria-current')).toBe('true')
    }))

  it('by sender and receiver are one stop of the tabulator, in which the arrow keys move', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/errors')
      const matrix = page.getByRole('table').filter({ hasText: 'sender ↓' })
      await matrix.getByRole('link', { name: 'NL-EMS to DE-CPO' }).waitFor()
      expect(await matrix.locator('a[tabindex="0"]').count()).toBe(1)
      await matrix.locator('a[tabindex="0"]').focus()
      const focused = () => page.evaluate<string>('document.activeElement.textContent')
      const first = await focused()
      await page.keyboard.press('ArrowRight')
      expect(await focused()).not.toBe(first)
      await page.keyboard.press('ArrowLeft')
      expect(await focused()).toBe(first)
      await page.keyboard.press('ArrowUp')
      expect(await focused()).toBe(first)
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.waitForURL(/[?&](from|to)=/)
      await page.keyboard.press('Tab')
      expect(await matrix.locator(':focus').count()).toBe(0)
    }))

  it('are filtered by what the address says, and back goes back', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/errors?fault=answer_not_ocpi')
      await page.locator('.errors').getByText('answer not ocpi').waitFor()
      expect(await page.locator('.errors tbody tr').count()).toBe(1)
      expect(await page.getByRole('combobox', { name: 'Fault' }).inputValue()).toBe('answer_not_ocpi')
      await page.getByRole('link', { name: 'Drop filters' }).click()
      await page.locator('.errors').getByText('to unknown').waitFor()
      await page.goBack()
      await page.locator('.errors').getByText('to unknown').waitFor({ state: 'detached' })
      await page.getByRole('combobox', { name: 'Side' }).selectOption('hub')
      await page.getByText('Nothing in the journal matches these filters.').waitFor()
    }))

  it('are found by a fault as it is shown, and the faults there are can be chosen', () =>
    dashboard({ provokes: [400] }, async ({ page, open }) => {
      await open('/errors')
      const field = page.getByRole('combobox', { name: 'Fault' })
      await page.locator('.errors tbody tr').nth(3).waitFor()
      expect(await page.locator('datalist option').count()).toBe(FAULT_CODES.length)
      await field.fill('Connection refused')
      await field.press('Enter')
      await page.locator('.errors').getByText('to unknown').waitFor({ state: 'detached' })
      expect(await field.inputValue()).toBe('connection_refused')
      await page.locator('.errors').getByText('connection refused').waitFor()
      expect(await page.locator('.errors tbody tr').count()).toBe(1)
      await field.fill('to unknwon')
      await field.press('Enter')
      const alert = page.getByRole('region', { name: 'Newest first' }).getByRole('alert')
      await alert.getByText('the nearest is to_unknown').waitFor()
      expect(await page.locator('.errors').count()).toBe(0)
    }))

  it('appear by themselves when one wants them to', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/errors?module=sessions')
      await page.getByText('Nothing in the journal matches').waitFor()
      const readAgain = page.waitForResponse('**/api/v1/errors?*')
      await page.getByRole('switch').check()
      await page.getByText('listening').waitFor()
      // What comes later is not in the list, and told by the stream alone.
      await readAgain
      await scene.emsp.gets('sessions', { to: 'DE-DED' })
      await page.locator('.errors').getByText('connection refused').waitFor()
      await scene.emsp.gets('sessions', { to: 'DE-DED' })
      const fresh = page.locator('.errors tr.fresh').first()
      await fresh.waitFor()
      expect(await fresh.innerText()).toMatch(/4003\s+connection refused/)
      await page.waitForURL((url) => url.searchParams.get('live') === '1')
    }))

  it('appear again by themselves when the stream was refused and is not any more', () =>
    dashboard({ provokes: [502] }, async ({ page, open }) => {
      const stream = '**/api/v1/errors/stream*'
      await page.route(stream, (route) => route.fulfill({ status: 502, body: 'Bad Gateway' }))
      await open('/errors?module=chargingprofiles&live=1')
      await page.getByText('refused; asking again').waitFor()
      await scene.emsp.gets('chargingprofiles', { to: 'DE-DED' })
      await page.unroute(stream)
      await page.getByText('listening').waitFor()
      // What came while nobody listened is there as well.
      await page.locator('.errors').getByText('connection refused').waitFor()
    }))

  it('show every filter that a link has set, so that it can be seen and dropped', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/errors?responder=de-ded&since=2h')
      await page.locator('.errors').getByText('connection refused').first().waitFor()
      expect(await page.getByLabel("Receiver's platform").inputValue()).toBe('de-ded')
      expect(await page.getByLabel('Time').inputValue()).toBe('2h')
      await page.getByLabel("Receiver's platform").fill('')
      await page.getByLabel("Receiver's platform").press('Enter')
      await page.locator('.errors').getByText('answer not ocpi').waitFor()
    }))

  it.each([
    ['requester', 'nl-oth', "Sender's platform"],
    ['until', '1h', 'Until'],
    ['correlation_id', 'nobodys', 'Correlation id'],
    ['request_id', 'nobodys', 'Request id'],
    ['author', 'responder', 'Answered by'],
  ])('are filtered by %s, which the API takes as well', (name, value, label) =>
    dashboard({}, async ({ page, open }) => {
      await open(`/errors?${name}=${value}`)
      const field = page.getByLabel(label, { exact: true })
      expect(await field.inputValue()).toBe(value)
      await page.locator('.errors').getByText('to unknown').waitFor({ state: 'detached' })
      const switches = await page.getByRole('switch').count()
      // What is to come is after an end.
      expect(switches).toBe(name === 'until' ? 0 : 1)
      await field.fill('')
      await field.press('Enter')
      await page.locator('.errors').getByText('to unknown').waitFor()
    }),
  )

  it('that cannot be read are told as the API tells it, and can be tried again', () =>
    dashboard({ provokes: [503] }, async ({ page, open }) => {
      const problem = {
        title: 'Service Unavailable',
        status: 503,
        detail: 'The store does not answer; try again.',
      }
      await page.route('**/api/v1/errors?*', (route) =>
        route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem }),
      )
      await open('/errors')
      const alert = page.getByRole('region', { name: 'Newest first' }).getByRole('alert')
      await alert.getByText('The store does not answer; try again.').waitFor()
      // Before the store is well: the page asks again by itself as well, and takes the button away.
      const asked = page.waitForRequest('**/api/v1/errors?*')
      await alert.getByRole('button', { name: 'Try again' }).click()
      await asked
      await page.unroute('**/api/v1/errors?*')
      await page.locator('.errors').getByText('to unknown').waitFor()
      expect(await alert.count()).toBe(0)
    }))

  it('of a hub that is gone come back by themselves when it is back', () =>
    dashboard({}, async ({ page, open, offences }) => {
      await open('/errors')
      await page.locator('.errors').getByText('to unknown').waitFor()
      await page.context().setOffline(true)
      await page.getByRole('combobox', { name: 'Side' }).selectOption('hub')
      await page.getByText('The hub does not answer.').first().waitFor()
      // Nothing that was read for another filter stands below it.
      await page.locator('.errors').waitFor({ state: 'detached' })
      await page.locator('.matrix').waitFor({ state: 'detached' })
      await page.context().setOffline(false)
      await page.getByText('Nothing in the journal matches').waitFor()
      await page
        .getByRole('main')
        .getByText('The hub does not answer.')
        .first()
        .waitFor({ state: 'detached' })
      // The browser itself writes what it could not load.
      ;(offences as string[]).splice(0)
    }))

  it('that were read before the hub was gone are told to be old', () =>
    dashboard({}, async ({ page, open, offences }) => {
      await open('/errors')
      await page.locator('.errors').getByText('to unknown').waitFor()
      await page.context().setOffline(true)
      // The matrix is read again by itself; the list, when one comes back to the page.
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
      const card = page.getByRole('region', { name: 'Sender by receiver' }).first()
      await card.getByText(/What follows is as of \d\d:\d\d:\d\d\./).waitFor()
      await card.getByRole('link', { name: /NL-EMS to DE-CPO/ }).waitFor()
      await page.context().setOffline(false)
      await card.getByText('What follows is as of').waitFor({ state: 'detached' })
      ;(offences as string[]).splice(0)
    }))
})
