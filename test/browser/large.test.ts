// A big hub: five thousand parties and a hundred thousand entries of the journal. No page loads them all, and none
// keeps the browser from answering the keyboard.

import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlatformConfig } from '../../src/config/hub-config.ts'
import { FAULT_CODES, FAULTS } from '../../src/faults/table.ts'
import type { Exchange } from '../../src/journal/exchange.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { startChromium } from './chromium.ts'
import type { Dashboard } from './dashboard.ts'
import { within } from './within.ts'

const PARTIES = 5_000
const ENTRIES = 100_000
/** Entries that the journal takes at once. */
const BATCH = 5_000
/** Longest time in which the page may not answer, and rows it may have at once. */
const BLOCKED_MS_MAX = 400
const ROWS_MAX = 320

let browser: Browser
let hub: TestHub

beforeAll(async () => {
  browser = await startChromium()
  hub = await startHub({
    platforms: Array.from({ length: PARTIES }, toPlatform),
    journal: { maxEntries: ENTRIES },
  })
  for (let number = 0; number < ENTRIES; number++) {
    hub.journal.record(toExchange(number))
    if (number % BATCH === BATCH - 1) await hub.newest({ request_id: `request-${number}` })
  }
}, 120_000)
afterAll(async () => {
  await browser.close()
  await hub.close()
})

function partyOf(number: number): { countryCode: string; partyId: string } {
  const countryCode = ['DE', 'NL', 'FR', 'BE'][number % 4]!
  return { countryCode, partyId: number.toString(36).toUpperCase().padStart(3, '0') }
}

function toPlatform(_: unknown, number: number): PlatformConfig {
  const party = partyOf(number)
  return {
    id: `platform-${number}`,
    version: '2.2.1',
    tokens: { inbound: `inbound-${number}`, outbound: `outbound-${number}` },
    versionsUrl: `http://127.0.0.1:9/${number}/versions`,
    endpoints: [{ module: 'locations', role: 'SENDER', url: `http://127.0.0.1:9/${number}/locations` }],
    roles: [{ ...party, role: number % 2 === 0 ? 'CPO' : 'EMSP', name: `Party number ${number}` }],
    status: number % 50 === 0 ? 'OFFLINE' : 'CONNECTED',
    errors: 'ocpi',
  }
}

function toExchange(number: number): Exchange {
  const fault = FAULT_CODES[number % FAULT_CODES.length]!
  const key = (one: number): string => Object.values(partyOf(one % PARTIES)).join('-')
  return {
    startedAt: Date.now() - (ENTRIES - number) * 20,
    start: performance.now() - 5,
    method: 'GET',
    path: '/ocpi/2.2.1/sender/locations',
    requestId: `request-${number}`,
    correlationId: randomUUID(),
    from: key(number * 7),
    to: key(number * 13),
    requester: `platform-${(number * 7) % PARTIES}`,
    responder: `platform-${(number * 13) % PARTIES}`,
    module: 'locations',
    interface: 'SENDER',
    mode: 'direct',
    author: 'hub',
    fault,
    code: FAULTS[fault].ocpi,
    httpStatus: FAULTS[fault].http,
    message: `exchange number ${number}`,
  }
}

const dashboard = (look: (dashboard: Dashboard) => Promise<void>) => within(browser, hub.adminUrl, {}, look)

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly args?: { readonly name?: string }
  /** Processor time, in microseconds. */
  readonly tdur?: number
}

/** Milliseconds of the longest task of a page, in processor time: by the clock all are long on a busy machine. */
function longestTaskMs(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] }
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`
  const named = traceEvents.filter(({ name }) => name === 'thread_name')
  const pages = new Set(named.filter(({ args }) => args?.name === 'CrRendererMain').map(threadOf))
  const tasks = traceEvents.filter((event) => event.name.endsWith('RunTask') && pages.has(threadOf(event)))
  expect(tasks.length).toBeGreaterThan(0)
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1_000), 0)
}

/** Looks at pages that are never busy for long, and never large. */
const fluid = (look: (dashboard: Dashboard) => Promise<void>) =>
  dashboard(async (shown) => {
    await browser.startTracing(shown.page, { categories: ['toplevel'] })
    let trace: Buffer
    try {
      await look(shown)
    } finally {
      trace = await browser.stopTracing()
    }
    expect(longestTaskMs(trace)).toBeLessThan(BLOCKED_MS_MAX)
    expect(await shown.page.locator('tr').count()).toBeLessThan(ROWS_MAX)
  })

describe('a big hub', () => {
  it('has its parties page by page, and any of them is found', () =>
    fluid(async ({ page, open }) => {
      await open('/parties')
      const rows = page.locator('tbody tr')
      await rows.nth(99).waitFor()
      expect(await rows.count()).toBe(100)
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByText('Page 2').waitFor()
      await page.getByLabel('Search').fill('number 4999')
      await rows.nth(1).waitFor({ state: 'detached' })
      await page.getByRole('cell', { name: 'Party number 4999' }).waitFor()
      await page.getByLabel('Search').fill('')
      await page.getByRole('combobox', { name: 'Status' }).selectOption('OFFLINE')
      await page.getByRole('cell', { name: 'Party number 4900' }).waitFor()
      expect(await rows.count()).toBe(100)
    }))

  it('has its errors page by page, and those of two parties at once', () =>
    fluid(async ({ page, open }) => {
      await open('/errors')
      const rows = page.locator('.errors tbody tr')
      await rows.nth(99).waitFor()
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByText('Page 2').waitFor()
      expect(await rows.count()).toBe(100)
      await page.locator('.matrix a').first().waitFor()
      await page.getByText(/The 12 of \d+ senders and 12 of \d+ receivers/).waitFor()
      const { from, to } = { from: 'NL-000', to: 'NL-000' }
      await open(`/errors?from=${from}&to=${to}`)
      await page.getByText('Nothing in the journal matches these filters.').waitFor()
    }))

  it('stays fluid while errors come in by the hundred', () =>
    fluid(async ({ page, open }) => {
      await open('/errors?live=1')
      await page.getByText('listening').waitFor()
      for (let number = 0; number < 3_000; number++) hub.journal.record(toExchange(number))
      hub.journal.record({ ...toExchange(0), correlationId: 'the-last-of-them' })
      await page.locator('.errors tr:first-child a[href*="the-last-of-them"]').waitFor()
    }))

  it('has an overview', () =>
    dashboard(async ({ page }) => {
      await page.getByRole('link', { name: 'All errors' }).waitFor()
      expect(await page.locator('.tile', { hasText: 'Platforms' }).innerText()).toContain('5,000')
    }))
})
