// The story of one exchange: request, forward with its phases, answer; deliveries of a broadcast; call-backs; and for
// each whose side must act, whether it arrived, what to do.

import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'
import { startChromium } from './chromium.ts'
import type { Dashboard, DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

let browser: Browser
let scene: Scene<{ emsp: Party; cpo: Party; dead: Party; silent: Party }>
const answers: Record<string, Answer> = {}

beforeAll(async () => {
  browser = await startChromium()
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    dead: party('DE-DED', 'CPO', { at: await closedPort() }),
    silent: party('DE-SIL', 'CPO', { modules: ['sessions'] }),
  })
  const { emsp, cpo, silent } = scene
  cpo.answers('*', { json: ok([]) })
  cpo.answers('commands/START_SESSION', { json: ok({ result: 'ACCEPTED', timeout: 30 }) })
  emsp.answers('*', { json: ok([]) })
  silent.answers('*', () => new Promise(() => {}))
  answers.timeout = await emsp.gets('sessions', { to: 'DE-SIL' })
  answers.push = await emsp.puts('tokens', { to: 'hub', path: '/NL/EMS/T1', json: { uid: 'T1' } })
  answers.command = await emsp.posts('commands', {
    to: 'DE-CPO',
    path: '/START_SESSION',
    json: { response_url: `${emsp.url()}/its/own/results/77` },
  })
  const { response_url: handedOut } = JSON.parse(cpo.last().body.toString()) as { response_url: string }
  await cpo.sends({
    method: 'POST',
    path: handedOut,
    headers: { 'X-Correlation-ID': randomUUID() },
    json: { result: 'ACCEPTED' },
  })
  await waitFor(async () => (await story('push')).length === 3)
  await waitFor(async () => (await story('command')).length === 2)
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

function story(name: string) {
  return scene.hub.journal.correlation(answers[name]!.sent.correlationId)
}

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, scene.hub.adminUrl, options, look)

const pathOf = (name: string) => `/correlations/${answers[name]!.sent.correlationId}`

describe('the story of an exchange', () => {
  it('answers first whose side must act, whether it arrived, and what to do', () =>
    dashboard({}, async ({ page, open }) => {
      await open(pathOf('timeout'))
      const verdict = page.getByRole('region', { name: '4002 http response timeout' })
      await verdict.getByText('It may have reached the responder.').waitFor()
      await verdict.getByText("Look in the party's log").waitFor()
      const text = await verdict.innerText()
      expect(text).toContain('DE-SIL')
      expect(text).toMatch(/Whose side must act\s+responder/)
      expect(text).toMatch(
        /Requester: It may have been processed: GET before repeating[^]*Responder: Look in the party's log[^]*a route can set a longer timeout/,
      )
    }))

  it('tells each step with both request ids and what the time went to', () =>
    dashboard({}, async ({ page, open }) => {
      await open(pathOf('timeout'))
      const [entry] = await story('timeout')
      const steps = page.getByRole('article').first()
      await steps.getByText(entry!.request_id).waitFor()
      await steps.getByText(entry!.forwarded_request_id!).waitFor()
      expect(await steps.innerText()).toMatch(/to de-sil: connected after [\d.]+ ms, no answer began/)
      expect(await page.locator('.waterfall rect.span-wait').count()).toBeGreaterThan(0)
    }))

  it('of a broadcast names every receiver and what came of it', () =>
    dashboard({}, async ({ page, open }) => {
      await open(pathOf('push'))
      await page.getByText('Delivered to 1 of 2').waitFor()
      const [failed, delivered] = [
        page.locator('details', { hasText: 'DE-DED' }),
        page.locator('details', { hasText: 'DE-CPO' }),
      ]
      expect(await failed.evaluate((element) => element.hasAttribute('open'))).toBe(true)
      expect(await delivered.evaluate((element) => element.hasAttribute('open'))).toBe(false)
      await delivered.locator('summary').focus()
      await page.keyboard.press('Enter')
      await delivered.getByText('success by the responder').waitFor()
    }))

  it('of a command tells of its call-back, though it came under another correlation id', () =>
    dashboard({}, async ({ page, open }) => {
      await open(pathOf('command'))
      const articles = page.getByRole('article')
      await articles.nth(1).waitFor()
      expect(await articles.nth(1).innerText()).toMatch(/DE-CPO → NL-EMS\s+callback/)
      await page.getByText("nobody's: it succeeded").waitFor()
    }))

  it('is found by the reference that the requester was told', () =>
    dashboard({}, async ({ page }) => {
      const reference = String(answers.timeout!.json().data!.reference)
      await page.getByLabel('Reference or correlation id').fill(reference.toLowerCase())
      await page.keyboard.press('Enter')
      await page.getByRole('region', { name: 'Time line' }).waitFor()
      await page.waitForURL((url) => url.hash === `#${reference}`)
      expect(await page.locator('[aria-current="true"]').getAttribute('id')).toBe(reference)
    }))

  it('that is not kept is told to be gone, and so is an unknown reference', () =>
    dashboard({ provokes: [404] }, async ({ page, open }) => {
      await page.getByLabel('Reference or correlation id').fill('01ARZ3NDEKTSV4RRFFQ69G5FAV')
      await page.keyboard.press('Enter')
      await page.getByText('No entry has this reference').waitFor()
      await open('/correlations/nobody%2Fknows%20it')
      await page.getByText('Nothing is kept of this exchange.').waitFor()
      await page.getByText('nobody/knows it').waitFor()
    }))
})
