// A new connection made from the page: prepared for a partner, or made at a peer that gave a token; renewed and removed.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { closedPort } from '../support/fault-server.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { startPeer, type Peer } from '../unit/modules/peer.ts'
import { startChromium } from './chromium.ts'
import { ask, type Dashboard, type DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

let browser: Browser
let hub: TestHub
let peer: Peer

beforeAll(async () => {
  browser = await startChromium()
  hub = await startHub()
  peer = await startPeer({ roles: [{ role: 'CPO', country_code: 'BE', party_id: 'PEE' }] })
  peer.tokens.add('token-of-the-peer')
})
afterAll(async () => {
  await browser.close()
  await hub.close()
  await peer.close()
})

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, hub.adminUrl, options, look)

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
      // It says so for two seconds.
      const copied = dialog.getByText('Copied', { exact: true }).waitFor()
      await dialog.getByRole('button', { name: 'Copy token' }).click()
      await copied
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
      expect(hub.registry.table().connections.has('peer')).toBe(false)
    }))

  it('can be examined before: what was found, and what to tell the partner', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties')
      const dialog = await ask(page, 'Connect to a platform')
      await dialog.getByLabel('Its versions URL').fill(peer.versionsUrl)
      await dialog.getByLabel('Its registration token').fill('token-of-the-peer')
      await dialog.getByRole('button', { name: 'Examine first' }).press('Enter')
      const findings = dialog.locator('.findings')
      await findings.getByText('The versions URL can be used').waitFor({ timeout: 40_000 })
      expect(await findings.innerText()).toMatch(/OCPI 2\.2\.1[^]*Serve https[^]*The token is accepted/)
      expect(hub.registry.table().connections.has('peer')).toBe(false)
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

  it('that lost its token gets another, and the one before is dead', () =>
    dashboard({}, async ({ page, open }) => {
      const json = { id: 'late', roles: [{ country_code: 'FR', party_id: 'LAT', role: 'CPO' }] }
      const { token: lost } = (await operate(hub, 'POST /platforms', { json })).json
      await open('/parties/late')
      await page.getByText('none: nothing is sent until an operator or a handshake says so').waitFor()
      const dialog = await ask(page, 'New registration token')
      await dialog.getByRole('button', { name: 'New registration token' }).click()
      await dialog.getByText('This token is shown only now.').waitFor()
      const token = await dialog.locator('.token-once code').first().innerText()
      const versions = (shown: string) =>
        fetch(`${hub.ocpiUrl}/ocpi/versions`, {
          headers: { authorization: `Token ${Buffer.from(shown).toString('base64')}` },
        })
      expect([(await versions(lost)).status, (await versions(token)).status]).toEqual([401, 200])
    }))

  it('is told whose party may come to it from another platform, until the word is taken back', () =>
    dashboard({ provokes: [400] }, async ({ page, open }) => {
      const json = { id: 'old-home', roles: [{ country_code: 'FR', party_id: 'MOV', role: 'CPO' }] }
      await operate(hub, 'POST /platforms', { json })
      await open('/parties/old-home')
      const dialog = await ask(page, 'Let it move')
      await dialog.getByText('Until it has registered at its new platform nothing changes').waitFor()
      await dialog.getByLabel('To platform').fill('two words')
      await dialog.getByRole('button', { name: 'Let it move' }).click()
      await dialog.locator('.field-error').getByText('must be the id of a platform').waitFor()
      await dialog.getByLabel('To platform').fill('new-home')
      await dialog.getByRole('button', { name: 'Let it move' }).click()
      await page.getByText('may move to new-home').waitFor()
      const listed = async () => (await operate(hub, 'GET /moves')).json.items
      expect(await listed()).toEqual([{ party: 'FR-MOV', role: 'CPO', from: 'old-home', to: 'new-home' }])
      const question = await ask(page, 'Let it stay')
      await question.getByText('Its registration at new-home will be refused with 2001.').waitFor()
      await question.getByRole('button', { name: 'Let it stay' }).click()
      await page.getByRole('button', { name: 'Let it move' }).waitFor()
      expect(await listed()).toEqual([])
    }))

  it('whose renewal fails is told with whose side it is, and stands as it was', async () => {
    const other = await startPeer({ roles: [{ role: 'CPO', country_code: 'BE', party_id: 'GON' }] })
    other.tokens.add('token-of-the-other')
    const json = { id: 'going', versions_url: other.versionsUrl, token: 'token-of-the-other' }
    expect((await operate(hub, 'POST /platforms', { json })).status).toBe(201)
    await other.close()
    await dashboard({ provokes: [502] }, async ({ page, open }) => {
      await open('/parties/going')
      const dialog = await ask(page, 'Rotate token')
      await dialog.getByRole('button', { name: 'Rotate token' }).click()
      const alert = dialog.getByRole('alert')
      await alert.getByText('connection refused').waitFor()
      expect(await alert.innerText()).toContain('responder')
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('heading', { name: 'going' }).waitFor()
    })
    expect((await operate(hub, 'DELETE /platforms/going')).status).toBe(200)
  })
})
