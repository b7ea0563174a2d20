// The parties: found, looked at, suspended, resumed and probed from the page.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlatformConfig } from '../../src/config/hub-config.ts'
import { ok, says } from '../support/envelopes.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, startHub, type Scene, type TestHub } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { startChromium } from './chromium.ts'
import { ask, type Dashboard, type DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

let browser: Browser
let empty: TestHub
let scene: Scene<{ emsp: Party; cpo: Party; away: Party; dead: Party }>

/** Its file lists its endpoints, and its name turns the direction of writing. */
const LISTED: PlatformConfig = {
  id: 'listed',
  version: '2.2.1',
  tokens: { inbound: 'listed-to-hub', outbound: 'hub-to-listed' },
  endpoints: [{ module: 'locations', role: 'SENDER', url: 'http://127.0.0.1:9/locations' }],
  roles: [{ countryCode: 'GB', partyId: 'LST', role: 'CPO', name: 'Turned \u202eLtd' }],
  status: 'CONNECTED',
  errors: 'ocpi',
}

beforeAll(async () => {
  browser = await startChromium()
  empty = await startHub()
  scene = await stage(
    {
      emsp: party('NL-EMS', 'EMSP'),
      cpo: party('DE-CPO', 'CPO', { also: [['DE-TWO', 'CPO']] }),
      away: party('FR-OFF', 'CPO', { status: 'OFFLINE' }),
      dead: party('DE-DED', 'CPO', { id: 'dead', at: await closedPort() }),
    },
    { platforms: [LISTED] },
  )
  scene.cpo.answers('*', { json: ok([]) })
  for (const uid of ['T1', 'T2']) {
    await scene.emsp.puts('tokens', { to: 'DE-DED', path: `/NL/EMS/${uid}`, json: { uid } })
  }
  await scene.emsp.gets('locations', { to: 'DE-CPO' })
})
afterAll(async () => {
  await browser.close()
  await scene.close()
  await empty.close()
})

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, scene.hub.adminUrl, options, look)

describe('the parties', () => {
  it('are listed with status, last heard and platform, and found by any part of them', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties')
      const rows = page.locator('tbody tr')
      await rows.nth(3).waitFor()
      const texts = (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))
      expect(texts[0]).toMatch(/DE-CPO CPO DE-CPO Ltd connected .* de-cpo/)
      expect(texts[3]).toMatch(
        /FR-OFF CPO FR-OFF Ltd offline asked in (5\d min|1 h 0 min) not yet fr-off 0 0 –/,
      )
      await page.getByLabel('Search').fill('two')
      await rows.nth(1).waitFor({ state: 'detached' })
      expect(await rows.innerText()).toContain('DE-TWO')
      await page.waitForURL('**/parties?q=two')
      await page.getByLabel('Search').fill('nobody')
      await page.getByText('No party matches.').waitFor()
    }))

  it('that were searched for are all there again when one goes back to all of them', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties?q=two')
      const field = page.getByLabel('Search')
      const rows = page.locator('tbody tr')
      await rows.first().waitFor()
      expect([await field.inputValue(), await rows.count()]).toEqual(['two', 1])
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Parties' }).click()
      await rows.nth(3).waitFor()
      expect(await field.inputValue()).toBe('')
      await page.goBack()
      await rows.nth(3).waitFor({ state: 'detached' })
      expect(await field.inputValue()).toBe('two')
    }))

  it('whose name turns the direction of writing turn nothing around it', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/listed')
      const line = page.getByRole('region', { name: 'Parties' }).getByRole('listitem').first()
      const [name, status] = await Promise.all(
        ['bdi', '.mark'].map((part) => line.locator(part).boundingBox()),
      )
      expect(status!.x).toBeGreaterThan(name!.x + name!.width)
    }))

  it('of a hub without any say how one is connected', () =>
    within(browser, empty.adminUrl, {}, async ({ page, open }) => {
      await open('/parties')
      await page.getByText('No party is connected yet.').waitFor()
    }))

  it('each lead to their platform: endpoints, fingerprints, latest errors', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties')
      await page.getByRole('link', { name: 'DE-CPO' }).click()
      await page.getByRole('heading', { name: 'de-cpo' }).waitFor()
      await page.getByRole('region', { name: 'Endpoints' }).getByText('/its/own/inbox/commands').waitFor()
      await page.getByText('Nothing kept went wrong towards this platform.').waitFor()
      const { tokens } = scene.cpo
      const text = await page.getByRole('main').innerText()
      expect(text).not.toContain(tokens.inbound)
      expect(text).not.toContain(tokens.outbound)
    }))

  it('that nobody knows are told to be gone', () =>
    dashboard({ provokes: [404] }, async ({ page, open }) => {
      await open('/parties/nobody')
      await page.getByText('There is no platform “nobody”.').waitFor()
    }))
})

describe('the latest errors of a platform', () => {
  it('are read again while one looks', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/de-cpo')
      const latest = page.getByRole('region', { name: 'Latest errors' })
      await latest.getByText('Nothing kept went wrong').waitFor()
      scene.cpo.answers('tariffs', { json: says(2003, 'No such tariff') })
      await scene.emsp.gets('tariffs', { to: 'DE-CPO' })
      await scene.hub.newest({ code: '2003' })
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
      await latest.getByText("responder's own answer").waitFor()
    }))
})

describe('what was with a platform', () => {
  it('is its status over time, and the pushes that did not reach it', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/dead')
      const missed = page.getByRole('region', { name: 'Missed pushes' })
      await missed.getByText('2 of tokens by NL-EMS').click()
      await missed.getByText('/NL/EMS/T2').waitFor()
      await page.getByRole('region', { name: 'Status history' }).waitFor()
      await open('/parties')
      const row = page.locator('tr', { hasText: 'DE-DED' })
      expect(await row.locator('td[data-label="Missed pushes"]').innerText()).toBe('2')
    }))

  it('can be shown to its operator by a link, which can be revoked', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/dead')
      const dialog = await ask(page, "Partner's view")
      await dialog.getByRole('button', { name: 'Make a link' }).click()
      const url = await dialog.locator('.token-once code').innerText()
      const path = url.replace(/^https?:\/\/[^/]+/, '')
      expect((await fetch(scene.hub.ocpiUrl + path)).status).toBe(200)
      await dialog.getByRole('button', { name: 'Revoke all links' }).click()
      await dialog.getByText('All links to it are ended.').waitFor()
      expect((await fetch(scene.hub.ocpiUrl + path)).status).toBe(404)
    }))
})

describe('what an operator does with a platform', () => {
  it('is asked for first, and nothing happens when the answer is Escape', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/de-cpo')
      const dialog = await ask(page, 'Suspend')
      await dialog.getByText('answered 4003 at once').waitFor()
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Suspend')
      expect(scene.hub.registry.table().connections.get('de-cpo')!.platform.status).toBe('CONNECTED')
    }))

  it('suspends it, and resumes it', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/de-cpo')
      for (const [button, status] of [
        ['Suspend', 'SUSPENDED'],
        ['Resume', 'CONNECTED'],
      ] as const) {
        const dialog = await ask(page, button)
        await dialog.getByRole('button', { name: button }).click()
        await dialog.getByText(`Done; it is ${status} now.`).waitFor()
        await dialog.getByRole('button', { name: 'Close' }).click()
        await page.locator('.title-row').getByText(status.toLowerCase()).waitFor()
        expect(scene.hub.registry.table().connections.get('de-cpo')!.platform.status).toBe(status)
      }
    }))

  it('probes it and tells what came of it', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/de-cpo')
      const dialog = await ask(page, 'Probe')
      await dialog.getByRole('button', { name: 'Probe' }).click()
      await dialog.getByText('It answered.').waitFor()
    }))

  it('is not what the configuration file decides: the page says where that is done', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/de-cpo')
      await page.getByRole('button', { name: 'Probe' }).waitFor()
      const offered = await page.locator('.title-row').getByRole('button').allTextContents()
      expect(offered).toEqual(['Probe', 'Read endpoints', 'Suspend', "Partner's view"])
      const connection = page.getByRole('region', { name: 'Connection' })
      await connection.getByText('the configuration file: its tokens are renewed').waitFor()
      await connection.getByRole('link', { name: 'the file is read again' }).click()
      await page.getByRole('region', { name: 'Configuration' }).waitFor()
    }))

  it('is not what the hub would refuse: endpoints that the file lists are read nowhere', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/listed')
      await page.getByRole('button', { name: 'Probe' }).waitFor()
      expect(await page.getByRole('button', { name: 'Read endpoints' }).count()).toBe(0)
    }))

  it('is not done by pressing Enter twice when it does harm', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/de-cpo')
      await page.getByRole('button', { name: 'Suspend' }).press('Enter')
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Cancel' }).and(page.locator(':focus')).waitFor()
      await page.keyboard.press('Enter')
      await dialog.waitFor({ state: 'detached' })
      expect(scene.hub.registry.table().connections.get('de-cpo')!.platform.status).toBe('CONNECTED')
    }))
})

describe('the circuit of a platform', () => {
  it('that is closed says how many failures would open it', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/dead')
      const connection = page.getByRole('region', { name: 'Connection' })
      await connection.getByText(/closed: requests are sent\. 2 of the 1,000 failures in a row/).waitFor()
      await open('/parties')
      await page.locator('tr', { hasText: 'DE-DED' }).getByText('2 of 1,000 failures').waitFor()
    }))

  it('that is open says that nothing is sent, and when the hub asks again', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties/fr-off')
      const connection = page.getByRole('region', { name: 'Connection' })
      await connection
        .getByText(
          /open: requests are answered 4003 at once, nothing is sent; the hub asks it in (5\d min|1 h)/,
        )
        .waitFor()
    }))
})
