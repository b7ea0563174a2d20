// Takes the pictures of the documentation: `npm run screenshots` writes docs/images/*.png from a hub with the sandbox
// whose clock was put back, so that two hours of traffic are behind it.

import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { operate } from '../support/admin.ts'
import { waitFor } from '../support/wait.ts'
import { setup } from './build.ts'
import { startChromium } from './chromium.ts'
import { openDashboard } from './dashboard.ts'
import { requestsOf, startSandboxHub, type SandboxHub } from './sandbox-hub.ts'

const MINUTES = 120
/** A minute's requests are spread over its ten-second buckets. */
const PARTS = 6
const SUSPENDED_AT = 24
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url))
const BROADCAST = '8f6c1f0e-6f0b-4a57-9a1b-broadcast001'
const COMMAND = '1d0b7a52-93ce-4a52-8d54-startsession'

interface Picture {
  readonly name: string
  readonly path: string
  /** Text that is there when the page is. */
  readonly shows: string
  readonly height?: number
  /** What is unfolded. */
  readonly opens?: string
}

const EXPLAINED =
  '/routes?from=NL-EMS&to=DE-CPO&module=commands&interface=RECEIVER&method=POST&path=/START_SESSION'
const PICTURES: readonly Picture[] = [
  { name: 'overview', path: '/', shows: 'What fails most', height: 1130 },
  { name: 'errors', path: '/errors?since=1h', shows: 'Newest first' },
  { name: 'timeline', path: `/correlations/${COMMAND}`, shows: 'Time line' },
  { name: 'broadcast', path: `/correlations/${BROADCAST}`, shows: 'Time line', height: 1100 },
  { name: 'parties', path: '/parties', shows: 'DE-CPO', height: 780 },
  { name: 'platform', path: '/parties/de-401', shows: 'Status history', height: 1000 },
  { name: 'routes', path: EXPLAINED, shows: 'It would be forwarded.', height: 820 },
  { name: 'codes', path: '/codes?q=time', shows: 'http_response_timeout', height: 780 },
  { name: 'hub', path: '/hub', shows: 'capture arm', height: 780 },
]

await mkdir(IMAGES, { recursive: true })
await setup()
const clock = startClock(MINUTES)
const browser = await startChromium()
const sandboxHub = await startSandboxHub()
try {
  await live(sandboxHub)
  await takeLight(sandboxHub)
  await takeDark(sandboxHub)
} finally {
  await browser.close()
  await sandboxHub.close()
}

/** Puts this process's clock back; `to` moves it to so many minutes before the real time. */
function startClock(minutes: number): { to(minutesAgo: number): void } {
  const { now } = Date
  const started = now() - minutes * 60_000
  let backMs = minutes * 60_000
  Date.now = () => now() - backMs
  globalThis.Date = new Proxy(Date, {
    construct: (target, given) =>
      Reflect.construct(target, given.length === 0 ? [Date.now()] : given) as Date,
  })
  process.uptime = () => (Date.now() - started) / 1000
  return { to: (minutesAgo) => void (backMs = minutesAgo * 60_000) }
}

async function live(sandboxHub: SandboxHub): Promise<void> {
  for (let minutesAgo = MINUTES; minutesAgo > 0; minutesAgo--) {
    clock.to(minutesAgo)
    if (minutesAgo === SUSPENDED_AT) await operate(sandboxHub.hub, 'POST /platforms/nl-prf/suspend')
    const requests = requestsOf(minutesAgo)
    for (let part = 0; part < PARTS; part++) {
      clock.to(minutesAgo - part / PARTS)
      await Promise.all(
        requests.filter((_, index) => index % PARTS === part).map((request) => sandboxHub.call(...request)),
      )
    }
  }
  clock.to(0)
  await operateABit(sandboxHub.hub)
  await sandboxHub.call('NL-EMS', 'NL-HUB', 'PUT receiver/tokens/NL/EMS/TOKEN7', {
    correlationId: BROADCAST,
    json: { country_code: 'NL', party_id: 'EMS', uid: 'TOKEN7' },
  })
  await sandboxHub.call('NL-EMS', 'DE-CPO', 'POST receiver/commands/START_SESSION', {
    correlationId: COMMAND,
    // Nobody listens there: the command is accepted, and its result does not come through.
    json: { response_url: 'http://127.0.0.1:1/results/77' },
  })
}

/** What an operator of the last minutes did, for the audit trail and the captures. */
async function operateABit(hub: SandboxHub['hub']): Promise<void> {
  const orders: readonly (readonly [call: string, json?: unknown])[] = [
    ['POST /platforms/de-401/probe'],
    ['POST /platforms/de-off/view-link', { days: 7 }],
    ['POST /platforms', { id: 'acme', roles: [{ country_code: 'FR', party_id: 'ACM', role: 'CPO' }] }],
    ['POST /captures', { party: 'DE-CPO', module: 'commands', minutes: 15 }],
  ]
  for (const [call, json] of orders) await operate(hub, call, json === undefined ? {} : { json })
}

async function takeLight({ hub }: SandboxHub): Promise<void> {
  const dashboard = await openDashboard(browser, hub.adminUrl)
  const { page } = dashboard
  await waitForStory(page, hub.adminUrl, COMMAND, 2)
  await waitForStory(page, hub.adminUrl, BROADCAST, 8)
  for (const shot of PICTURES) await take(page, hub.adminUrl, shot)
  const { items } = (await operate(hub, 'GET /captures')).json as { items: readonly { id: string }[] }
  await take(page, hub.adminUrl, {
    name: 'capture',
    path: `/captures/${items[0]!.id}`,
    shows: 'START_SESSION',
    height: 780,
    opens: 'details >> nth=-1',
  })
  await dashboard.close()
}

async function takeDark({ hub }: SandboxHub): Promise<void> {
  const dashboard = await openDashboard(browser, hub.adminUrl, { colorScheme: 'dark' })
  const { page } = dashboard
  await page.setViewportSize({ width: 400, height: 900 })
  await take(page, hub.adminUrl, {
    name: 'errors-phone-dark',
    path: '/errors?since=1h',
    shows: 'Newest first',
    height: 1500,
  })
  await dashboard.close()
}

async function waitForStory(page: Page, url: string, id: string, entries: number): Promise<void> {
  await waitFor(
    async () => {
      const response = await page.request.get(`${url}/api/v1/correlations/${id}`)
      if (!response.ok()) return false
      const { items } = (await response.json()) as { items: readonly unknown[] }
      return items.length >= entries
    },
    { what: `${entries} entries of ${id}` },
  )
}

async function take(
  page: Page,
  adminUrl: string,
  { name, path, shows, height = 900, opens }: Picture,
): Promise<void> {
  const { width } = page.viewportSize()!
  await page.setViewportSize({ width, height })
  await page.goto(adminUrl + path)
  await page.getByText(shows).first().waitFor()
  await page.getByText('Loading …').first().waitFor({ state: 'hidden' })
  if (opens !== undefined) await page.locator(opens).locator('summary').click()
  // A palette makes a third of it.
  await sharp(await page.screenshot())
    .png({ palette: true, effort: 10 })
    .toFile(`${IMAGES}${name}.png`)
}
