// The dashboard while the hub behind it is stopped, replaced or hangs: no page is empty, waits for ever, or shows what
// was read before as if it were now.

import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { startChromium } from './chromium.ts'
import { logIn } from './dashboard.ts'

/** Longer than a page waits for what it reads, and for the next time that it reads it. */
const HANGS = { timeout: 50_000 }

let browser: Browser
let page: Page
let directory: ReturnType<typeof makeDirectory>
let hub: HubProcess
beforeAll(async () => {
  browser = await startChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  directory = makeDirectory()
  hub = await startHubProcess({ directory: directory.path })
  await hub.ready()
  page = await browser.newPage()
})
afterEach(async () => {
  await page.close()
  await hub.end()
  directory.remove()
})

describe('a page whose files do not come', () => {
  const happenings: [what: string, happens: (route: Route) => Promise<void>][] = [
    ['the hub has stopped', async (route) => hub.end().then(() => route.continue())],
    // The names of files hold a hash of their content.
    ['a hub of another build answers', (route) => route.continue({ url: `${hub.adminUrl}/assets/other.js` })],
  ]
  it.each(happenings)('says what to do: %s', async (_what, happens) => {
    await page.route('**/assets/*', happens)
    await page.goto(`${hub.adminUrl}/errors`)
    await page.getByText('If this stays, the hub has just been stopped or replaced: load the page').waitFor()
  })

  it('says nothing of it when they have come', async () => {
    await page.goto(hub.adminUrl)
    await logIn(page)
    expect(await page.getByText('If this stays').count()).toBe(0)
  })
})

describe('a page that was loaded before the hub was replaced', () => {
  /** What another build answers there. */
  async function answers(path: string, json: object): Promise<void> {
    await page.route(`**/api/v1${path}`, (route) => route.fulfill({ json }))
    await page.goto(hub.adminUrl)
    await logIn(page)
  }
  const goTo = (name: string) => page.getByRole('link', { name, exact: true }).click()

  it('takes what an older hub leaves out', async () => {
    const key = { id: 'b61d7e90', place: 1, in_use: true, sealed: 7, hashed: 7 }
    await answers('/registry/keys', { items: [key], waiting: [] })
    await goTo('Hub')
    await page.getByText('in use: 7 tokens sealed with it').waitFor()
  })

  it('says when it can make nothing of an answer, and the other pages go on', async () => {
    await answers('/routes', { rules: 'of tomorrow' })
    await goTo('Routes')
    await page.getByRole('alert').getByText('This page cannot show what the hub answers.').waitFor()
    await goTo('Parties')
    await page.getByText('No party is connected yet.').waitFor()
  })

  it('says that a load balancer answers in place of the hub', async () => {
    await page.route('**/api/v1/**', (route) =>
      route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>No server is available</h1>' }),
    )
    await page.goto(hub.adminUrl)
    await logIn(page)
    await page.getByText('What stands before the hub answers in its place').first().waitFor()
  })
})

describe('while the hub hangs', () => {
  it('every page says that it does not answer, and goes on when it does', async () => {
    await page.goto(hub.adminUrl)
    await logIn(page)
    await page.getByText('Parties by status').waitFor()
    hub.signal('SIGSTOP')
    // What was read before is told to be of then.
    await page.getByText('What follows is as of').first().waitFor(HANGS)
    await page.getByRole('status').getByText('hub does not answer').waitFor(HANGS)
    await page.getByRole('link', { name: 'Parties', exact: true }).click()
    await page.getByRole('alert').getByText('The hub does not answer.').waitFor(HANGS)
    hub.signal('SIGCONT')
    await page.getByText('No party is connected yet.').waitFor(HANGS)
    await page.getByText('hub does not answer').waitFor({ state: 'detached', ...HANGS })
  }, 300_000)

  it('a page that is loaded says so, too', async () => {
    await page.route('**/session', async (route) => {
      hub.signal('SIGSTOP')
      await route.continue()
    })
    await page.goto(hub.adminUrl)
    await page.getByText('Asking the hub').waitFor()
    await page.getByRole('alert').getByText('The hub does not answer.').waitFor(HANGS)
    hub.signal('SIGCONT')
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByLabel('Admin token').waitFor()
  }, 300_000)
})
