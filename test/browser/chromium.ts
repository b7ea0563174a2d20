// A real browser for the tests of the dashboard: finds Chromium and starts it with a fresh profile of its own, which
// goes when it is closed.

import { existsSync } from 'node:fs'
import { chromium as playwright, type Browser } from 'playwright-core'

/** Nothing that calls home, nothing that asks the first time. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const INSTALLED = '/usr/bin/chromium'

/** Starts Chromium. Rejects with the cures when there is none. */
export async function startChromium(): Promise<Browser> {
  return playwright.launch({ executablePath: await findChromium(), headless: true, args: FLAGS })
}

/** Path of the executable: $CHROMIUM_PATH, the system's, or the one that comes as a package. */
export async function findChromium(): Promise<string> {
  const named = process.env.CHROMIUM_PATH
  if (named !== undefined && named !== '') return named
  if (existsSync(INSTALLED)) return INSTALLED
  try {
    const { default: packed } = await import('@sparticuz/chromium')
    return await packed.executablePath()
  } catch (cause) {
    throw new Error(
      'No Chromium was found. Name one in CHROMIUM_PATH, or: apt-get install chromium, or: npm ci',
      { cause },
    )
  }
}
