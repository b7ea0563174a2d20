// The time line of an error of a service that does not speak OCPI: its own code next to OCPI's, one click from what it
// means.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askFor, type DialectScene, MODULE, stageDialects } from '../support/dialects.ts'
import { says } from '../support/envelopes.ts'
import type { Answer } from '../support/party.ts'
import { startChromium } from './chromium.ts'
import { within } from './within.ts'

let browser: Browser
let scene: DialectScene
let expired: Answer
let unlisted: Answer
beforeAll(async () => {
  browser = await startChromium()
  scene = await stageDialects()
  const json = { error: 'ORDER_EXPIRED', message: 'too late' }
  expired = await askFor(scene, scene.ivxp, { status: 410, json })
  unlisted = await askFor(scene, scene.ocpi, { json: says(2777) })
  await scene.hub.newest({ request_id: unlisted.sent.requestId })
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

const answered = (
  answer: Answer,
  look: (text: string, follow: () => Promise<string>) => Promise<void> | void,
) =>
  within(browser, scene.hub.adminUrl, {}, async ({ page, open }) => {
    await open(`/correlations/${answer.sent.correlationId}`)
    const step = page.getByText(/by the responder, HTTP/).first()
    await step.waitFor()
    await look(await step.innerText(), async () => {
      await step.getByRole('link').click()
      const row = page.locator('tbody tr').first()
      await row.waitFor()
      return row.innerText()
    })
  })

describe('the time line', () => {
  it("shows the responder's own code next to OCPI's, and leads to its meaning", () =>
    answered(expired, async (text, follow) => {
      expect(text).toMatch(/2000[^]*HTTP 200[^]*the responder sent HTTP 410[^]*its own code ORDER_EXPIRED/)
      expect(await follow()).toMatch(/ORDER_EXPIRED[^]*the order has expired[^]*create a new service request/)
    }))

  it('says of a code that the version of the requester does not list it', () =>
    answered(unlisted, (text) => {
      expect(text).toMatch(/2777[^]*a code that the version of the requester does not list/)
    }))
})

it('errors are searched by the code of the service', () =>
  within(browser, scene.hub.adminUrl, {}, async ({ page, open }) => {
    await open('/errors?responder_code=ORDER_EXPIRED')
    const row = page.locator('tbody tr').filter({ hasText: MODULE })
    await row.waitFor()
    expect(await row.innerText()).toMatch(/2000 responder's own answer ORDER_EXPIRED/)
    expect(await page.getByLabel('Own code').inputValue()).toBe('ORDER_EXPIRED')
  }))
