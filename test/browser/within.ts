// One look at the dashboard in a window of its own.

import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { openDashboard, type Dashboard, type DashboardOptions } from './dashboard.ts'

/** Opens the dashboard, looks, and checks that the page did nothing it must not. */
export async function within(
  browser: Browser,
  adminUrl: string,
  options: DashboardOptions,
  look: (dashboard: Dashboard) => Promise<void>,
): Promise<void> {
  const dashboard = await openDashboard(browser, adminUrl, options)
  try {
    await look(dashboard)
    expect(dashboard.offences).toEqual([])
  } catch (cause) {
    const shown = await dashboard.page
      .locator('body')
      .innerText({ timeout: 1_000 })
      .catch(() => 'nothing')
    throw new Error(`at ${dashboard.page.url()} the page showed:\n${shown.slice(0, 2_000)}`, { cause })
  } finally {
    await dashboard.close()
  }
}
