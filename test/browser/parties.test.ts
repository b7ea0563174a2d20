// The parties: found, looked at, connected, prepared, suspended, resumed, probed and removed from the page.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, startHub, type Scene, type TestHub } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { startPeer, type Peer } from '../unit/modules/peer.ts'
import { startChromium } from './chromium.ts'
import type { Dashboard, DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

let browser: Browser
let empty: TestHub
let peer: Peer
let scene: Scene<{ emsp: Party; cpo: Party; away: Party; dead: Party }>

beforeAll(async () => {
  browser = await startChromium()
  empty = await startHub()
  peer = await startPeer({ roles: [{ role: 'CPO', country_code: 'BE', party_id: 'PEE' }] })
  peer.tokens.add('token-of-the-peer')
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO', { also: [['DE-TWO', 'CPO']] }),
    away: party('FR-OFF', 'CPO', { status: 'OFFLINE' }),
    dead: party('DE-DED', 'CPO', { id: 'dead', at: await closedPort() }),
  })
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
  await peer.close()
})

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, scene.hub.adminUrl, options, look)

/** Opens a dialog by its button. */
async function ask(page: Page, button: string) {
  await page.getByRole('button', { name: button, exact: true }).click()
  return page.getByRole('dialog')
}

describe('the parties', () => {
  it('are listed with status, last heard and platform, and found by any part of them', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties')
      const rows = page.locator('tbody tr')
      await rows.nth(3).waitFor()
      const texts = (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))
      expect(texts[0]).toMatch(/DE-CPO CPO DE-CPO Ltd connected .* de-cpo/)
      expect(texts[3]).toMatch(/FR-OFF CPO FR-OFF Ltd offline never fr-off 0 0/)
      await page.getByLabel('Search').fill('two')
      await rows.nth(1).waitFor({ state: 'detached' })
      expect(await rows.innerText()).toContain('DE-TWO')
      expect(new URL(page.url()).searchParams.get('q')).toBe('two')
      await page.getByLabel('Search').fill('nobody')
      await page.getByText('No party matches.').waitFor()
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
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Suspend')
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

  it('that the hub refuses is told with its reason', () =>
    dashboard({ provokes: [409] }, async ({ page, open }) => {
      await open('/parties/de-cpo')
      const dialog = await ask(page, 'Remove')
      await dialog.getByRole('button', { name: 'Remove' }).click()
      await dialog.getByRole('alert').getByText('HTTP 409').waitFor()
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('heading', { name: 'de-cpo' }).waitFor()
    }))
})

describe('a new connection', () => {
  it('is prepared: the token is shown once, to be copied', () =>
    dashboard({ permissions: ['clipboard-read', 'clipboard-write'] }, async ({ page, open }) => {
      await open('/parties')
      const dialog = await ask(page, 'Prepare a connection')
      await dialog.getByLabel('Platform id').fill('acme')
      await dialog.getByLabel('Parties (optional)').fill('nonsense')
      await dialog.getByRole('button', { name: 'Prepare' }).click()
      await dialog.getByText('Write each as party and role').waitFor()
      await dialog.getByLabel('Parties (optional)').fill('FR-ACM CPO, fr*acn:emsp')
      await dialog.getByRole('button', { name: 'Prepare' }).click()
      await dialog.getByText('This token is shown only now.').waitFor()
      await dialog.getByRole('button', { name: 'Copy token' }).click()
      await dialog.getByText('Copied', { exact: true }).waitFor()
      const token = await page.evaluate<string>('navigator.clipboard.readText()')
      expect(token.length).toBeGreaterThan(20)
      expect(await dialog.innerText()).toContain(token)
      await dialog.getByRole('button', { name: 'I have copied it' }).click()
      await page.getByRole('link', { name: 'FR-ACM' }).waitFor()
      expect(await page.content()).not.toContain(token)
    }))

  it('that the hub does not take is told at the field', () =>
    dashboard({ provokes: [400] }, async ({ page, open }) => {
      await open('/parties')
      const dialog = await ask(page, 'Prepare a connection')
      await dialog.getByLabel('Platform id').fill('two words')
      await dialog.getByRole('button', { name: 'Prepare' }).click()
      await dialog.locator('.field-error').getByText('must be 1 to 64 letters').waitFor()
    }))

  it('is made at a peer that gave a token, and removed again', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties')
      const dialog = await ask(page, 'Connect to a platform')
      await dialog.getByLabel('Platform id').fill('peer')
      await dialog.getByLabel('Its versions URL').fill(peer.versionsUrl)
      await dialog.getByLabel('Its registration token').fill('token-of-the-peer')
      await dialog.getByRole('button', { name: 'Connect' }).click()
      await dialog.getByText('The hub is registered at peer.').waitFor()
      await dialog.getByRole('button', { name: 'Close' }).click()
      await page.getByRole('link', { name: 'BE-PEE' }).click()
      const question = await ask(page, 'Remove')
      await question.getByRole('button', { name: 'Remove' }).click()
      await question.getByText('It is removed.').waitFor()
      await question.getByRole('button', { name: 'Close' }).click()
      await page.getByRole('heading', { name: 'Parties' }).waitFor()
      expect(scene.hub.registry.table().connections.has('peer')).toBe(false)
    }))

  it('that cannot be made is told with whose side it is and what to do', async () => {
    const nobody = `http://127.0.0.1:${new URL(await closedPort()).port}/ocpi/versions`
    await dashboard({ provokes: [502] }, async ({ page, open }) => {
      await open('/parties')
      const dialog = await ask(page, 'Connect to a platform')
      await dialog.getByLabel('Platform id').fill('gone')
      await dialog.getByLabel('Its versions URL').fill(nobody)
      await dialog.getByLabel('Its registration token').fill('some-token')
      await dialog.getByRole('button', { name: 'Connect' }).click()
      const alert = dialog.getByRole('alert')
      await alert.getByText('connection refused').waitFor()
      expect(await alert.innerText()).toContain('responder')
    })
  })
})
