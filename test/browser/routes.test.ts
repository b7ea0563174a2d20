// The routes: listed, edited as YAML or JSON, restored, and explained without sending anything.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { ok } from '../support/envelopes.ts'
import { stage, startHub, type Scene, type TestHub } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { startChromium } from './chromium.ts'
import type { Dashboard, DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

let browser: Browser
let empty: TestHub
let scene: Scene<{ emsp: Party; cpo: Party }>

beforeAll(async () => {
  browser = await startChromium()
  empty = await startHub()
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
    { routes: [{ from: ['NL-*'], to: ['DE-CPO'], module: ['cdrs'], action: 'deny' }] },
  )
  scene.cpo.answers('*', { json: ok([]) })
})
afterAll(async () => {
  await browser.close()
  await scene.close()
  await empty.close()
})

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, scene.hub.adminUrl, options, look)

const rules = (page: Page) => page.getByRole('region', { name: 'Rules' })

async function edit(page: Page, text: string): Promise<void> {
  await rules(page).getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('textbox', { name: /All rules/ }).fill(text)
  await page.getByRole('button', { name: 'Use these rules' }).click()
}

/** Edits rules that the hub takes, and waits until it has and until the editor has made place for the list. */
async function use(page: Page, text: string): Promise<void> {
  const taken = page.waitForResponse((answer) => answer.request().method() === 'PUT')
  await edit(page, text)
  expect((await taken).status()).toBe(200)
  await page.getByRole('textbox', { name: /All rules/ }).waitFor({ state: 'detached' })
}

describe('the rules', () => {
  it('are listed in their order, with what they match and what they do', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/routes')
      const row = rules(page).locator('tbody tr')
      await row.waitFor()
      expect((await row.innerText()).split(/\s+/)).toEqual([
        '1',
        'NL-*',
        'DE-CPO',
        'cdrs',
        'any',
        'any',
        'deny',
      ])
      await rules(page).getByText('those of the configuration file').waitFor()
    }))

  it('of a hub without any say that everything is routed by address', () =>
    within(browser, empty.adminUrl, {}, async ({ page, open }) => {
      await open('/routes')
      await page.getByText('There are no rules.').waitFor()
    }))

  it('that are no YAML are told with their line, which the keyboard can go to', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/routes')
      await rules(page).locator('tbody tr').waitFor()
      await edit(page, '- { from: "NL-*" }\n- { to: [DE-CPO }\n')
      const link = page
        .getByRole('alert')
        .getByRole('button', { name: /Line 2/ })
        .first()
      await link.press('Enter')
      const field = 'document.activeElement'
      const line = `${field}.value.slice(0, ${field}.selectionStart).split('\\n').length`
      expect(await page.evaluate(line)).toBe(2)
    }))

  it('that no JSON can say are told with their line, and nothing is sent', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/routes')
      await rules(page).locator('tbody tr').waitFor()
      await edit(page, '# first\n- &a { to: DE-CPO, timeout: *a }\n- { to: *nowhere }\n')
      const alert = page.getByRole('alert')
      await alert.getByText('This alias stands inside of what it stands for.').waitFor()
      expect(await alert.getByRole('button').allTextContents()).toEqual([
        'Line 2, column 29',
        'Line 3, column 9',
      ])
    }))

  it('that are no rules are told by the hub, each with its number, and nothing changes', () =>
    dashboard({ provokes: [400] }, async ({ page, open }) => {
      await open('/routes')
      await rules(page).locator('tbody tr').waitFor()
      await edit(page, '- { from: "NL-*", action: deny }\n- { to: DE-CPO, timeout: soon }\n')
      await page.getByRole('alert').getByText('rule 2 timeout').waitFor()
      const { json } = await operate(scene.hub, 'GET /routes')
      expect(json.items).toHaveLength(1)
    }))

  it('are replaced as YAML, seen in their new order, and put back', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/routes')
      await rules(page).locator('tbody tr').waitFor()
      await use(
        page,
        '# first\n- { to: DE-CPO, module: commands, timeout: 60s }\n- { from: "XX-*", action: deny }\n',
      )
      await rules(page).getByText('timeout 1m').waitFor()
      await rules(page).getByText('set for all hubs by admin').waitFor()
      expect(await rules(page).locator('tbody tr').count()).toBe(2)
      await use(page, '[]')
      await page.getByText('There are no rules.').waitFor()
      await page.getByRole('button', { name: 'Restore' }).first().click()
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /Restore version/ })
        .click()
      await rules(page).getByText('timeout 1m').waitFor()
      await page.getByRole('button', { name: 'Back to the file' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Back to the file' }).click()
      await rules(page).getByText('those of the configuration file').waitFor()
    }))

  it('that somebody else changed meanwhile are not overwritten', () =>
    dashboard({ provokes: [412] }, async ({ page, open }) => {
      await open('/routes')
      await rules(page).getByRole('button', { name: 'Edit' }).click()
      const field = page.getByRole('textbox', { name: /All rules/ })
      await field.waitFor()
      const items = [{ to: 'DE-CPO', module: 'tariffs', action: 'deny' }]
      expect((await operate(scene.hub, 'PUT /routes', { json: { items } })).status).toBe(200)
      await field.fill('[]')
      await page.getByRole('button', { name: 'Use these rules' }).click()
      await page.getByRole('alert').getByText('It was changed since it was read').waitFor()
      expect((await operate(scene.hub, 'DELETE /routes')).status).toBe(200)
    }))
})

describe('a request', () => {
  it('that would be sent is explained step by step, and is not sent', () =>
    dashboard({}, async ({ page, open }) => {
      scene.cpo.forget()
      await open('/routes')
      const explain = page.getByRole('region', { name: 'Explain' })
      await explain.getByRole('textbox', { name: 'Sender' }).fill('nl*ems')
      await explain.getByRole('textbox', { name: 'Receiver' }).fill('DE-CPO')
      await page.keyboard.press('Enter')
      await explain.getByText('It would be forwarded.').waitFor()
      await explain.getByText('DE-CPO is connected through platform de-cpo').waitFor()
      await page.waitForURL((url) => url.search.includes('from=nl*ems&to=DE-CPO&module=locations'))
      expect(scene.cpo.requests).toHaveLength(0)
    }))

  it('that would be refused is explained with its code, whose side it is, and what to do', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/routes?from=NL-EMS&to=DE-CPO&module=cdrs')
      const explain = page.getByRole('region', { name: 'Explain' })
      await explain.getByText('It would be refused:').waitFor()
      expect(await explain.innerText()).toMatch(
        /4001 to denied[^]*requester must act\. Ask the hub's operator/,
      )
    }))

  it('that makes no sense is told at the parameter', () =>
    dashboard({ provokes: [400] }, async ({ page, open }) => {
      await open('/routes?from=nonsense&module=cdrs')
      const alert = page.getByRole('region', { name: 'Explain' }).getByRole('alert')
      await alert.getByText('must be a party').waitFor()
      expect(await alert.locator('code').innerText()).toBe('from')
    }))
})
