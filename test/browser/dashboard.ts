// The dashboard of a hub under test in a real browser: logged in, and watched for whatever a page must not do.

import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { ADMIN_TOKEN } from '../support/config.ts'

export interface Dashboard {
  readonly page: Page
  /** Console errors, violations of the policy, uncaught errors, requests to other hosts. Must be empty at the end. */
  readonly offences: readonly string[]
  /** Goes to a path of the dashboard. */
  readonly open: (path: string) => Promise<void>
  readonly close: () => Promise<void>
}

export interface DashboardOptions extends BrowserContextOptions {
  /** `null` = not logged in. */
  readonly token?: string | null
  /** Statuses that a test provokes: the browser writes each to its console. */
  readonly provokes?: readonly number[]
}

/**
 * For what must appear: long, because a machine that runs everything at once may need seconds for a page, and shorter
 * than a test may take, so that a failure names what was waited for. Milliseconds.
 */
const WAIT_MS = 20_000

/** What a window is like unless a test says otherwise. */
const WINDOW = { viewport: { width: 1280, height: 900 }, locale: 'en-GB', timezoneId: 'UTC' } as const

/** Opens the dashboard at the hub's admin URL, in a window that shares nothing with others. */
export async function openDashboard(
  browser: Browser,
  adminUrl: string,
  { token = ADMIN_TOKEN, provokes = [], ...options }: DashboardOptions = {},
): Promise<Dashboard> {
  const context = await browser.newContext({ ...WINDOW, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS)
  const offences = watch(page, adminUrl, provokes)
  await page.goto(adminUrl)
  if (token !== null) await logIn(page, token)
  return {
    page,
    offences,
    open: async (path) => void (await page.goto(adminUrl + path)),
    close: () => context.close(),
  }
}

/** Logs in on the page that is open. */
export async function logIn(page: Page, token: string = ADMIN_TOKEN): Promise<void> {
  await page.getByLabel('Admin token').fill(token)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
}

/** Opens a dialog by its button. */
export async function ask(page: Page, button: string): Promise<Locator> {
  await page.getByRole('button', { name: button, exact: true }).click()
  return page.getByRole('dialog')
}

function watch(page: Page, adminUrl: string, provokes: readonly number[]): string[] {
  const offences: string[] = []
  const provoked = provokes.map((status) => `status of ${status}`)
  page.on('console', (message) => {
    const text = message.text()
    if (!['error', 'warning'].includes(message.type())) return
    if (provoked.some((part) => text.includes(part))) return
    offences.push(`console: ${text}`)
  })
  page.on('pageerror', (error) => offences.push(`uncaught: ${error.message}`))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(adminUrl).origin) offences.push(`request: ${request.url()}`)
  })
  return offences
}

/** Whether the page is wider than its window, so that it must be scrolled sideways. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}
