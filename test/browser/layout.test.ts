// Every page on a narrow and a wide window, in the light and in the dark, and with the keyboard alone.

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlatformConfig } from '../../src/config/hub-config.ts'
import { operate } from '../support/admin.ts'
import { ok } from '../support/envelopes.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'
import { startChromium } from './chromium.ts'
import { isTooWide, type Dashboard, type DashboardOptions } from './dashboard.ts'
import { within } from './within.ts'

let browser: Browser
let scene: Scene<{ emsp: Party; cpo: Party }>
let failed: Answer
let capture: string

/** The longest name a party may have, and an id as people make them, without any blank. */
const LONG: PlatformConfig = {
  id: 'charging_operations_europe_production',
  version: '2.2.1',
  tokens: { inbound: 'long-to-hub', outbound: 'hub-to-long' },
  endpoints: [],
  roles: [{ countryCode: 'GB', partyId: 'LNG', role: 'CPO', name: 'N'.repeat(100) }],
  status: 'CONNECTED',
  errors: 'ocpi',
}

beforeAll(async () => {
  browser = await startChromium()
  const at = await closedPort()
  const dead = Array.from({ length: 14 }, (_, index) => {
    const key = `DE-D${String(index).padStart(2, '0')}`
    return [key, party(key, 'CPO', { at })] as const
  })
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO'), ...Object.fromEntries(dead) },
    { platforms: [LONG] },
  )
  const { emsp, cpo } = scene
  cpo.answers('*', { json: ok([]) })
  const armed = await operate(scene.hub, 'POST /captures', { json: { party: 'DE-CPO', module: 'tariffs' } })
  capture = armed.json.id
  await emsp.gets('tariffs', { to: 'DE-CPO' })
  for (const [to] of dead) failed = await emsp.gets('locations', { to, path: `/${'LOC'.repeat(60)}` })
  await scene.hub.newest({ correlation_id: failed.sent.correlationId })
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

const dashboard = (options: DashboardOptions, look: (dashboard: Dashboard) => Promise<void>) =>
  within(browser, scene.hub.adminUrl, options, look)

/** Path of each page, and a text that is there when it is. */
const pages = (): readonly (readonly [path: string, shows: string])[] => [
  ['/', 'What fails most'],
  ['/errors', 'Newest first'],
  [`/correlations/${failed.sent.correlationId}`, 'Time line'],
  ['/parties', 'DE-D01 Ltd'],
  ['/parties/de-cpo', 'Endpoints'],
  [`/parties/${LONG.id}`, 'Endpoints'],
  ['/routes', 'Explain'],
  ['/codes', 'dns_error'],
  ['/captures', 'DE-CPO'],
  [`/captures/${capture}`, 'Exchanges'],
  ['/hub', 'capture arm'],
]

const focused = (page: Page) => page.evaluate<string>('document.activeElement.textContent')

describe('every page', () => {
  it.each([320, 400, 760, 1024, 1160, 1280])('fits a window of %i pixels', (width) =>
    dashboard({ viewport: { width, height: 900 } }, async ({ page, open }) => {
      for (const [path, shows] of pages()) {
        await open(path)
        await page.getByText(shows).first().waitFor()
        expect([path, await isTooWide(page)]).toEqual([path, false])
      }
    }),
  )

  it('shows its tables as cards on a narrow window, each value with its name', () =>
    dashboard({ viewport: { width: 400, height: 900 } }, async ({ page, open }) => {
      await open('/parties')
      const cell = page.locator('td[data-label="Status"]').first()
      await cell.waitFor()
      const label = await cell.evaluate(
        (element) => `${element.ownerDocument.defaultView?.getComputedStyle(element, '::before').content}`,
      )
      expect(label).toBe('"Status"')
    }))

  it('has text that stands out, in the light and in the dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await dashboard({ colorScheme }, async ({ page, open }) => {
        for (const [path, shows] of pages()) {
          await open(path)
          await page.getByText(shows).first().waitFor()
          expect([colorScheme, path, await page.evaluate(FAINT_TEXT)]).toEqual([colorScheme, path, []])
        }
      })
    }
  })
})

describe("a partner's view", () => {
  it.each(['light', 'dark'] as const)('fits a phone, and its text stands out in the %s', (colorScheme) =>
    dashboard({ colorScheme, viewport: { width: 400, height: 900 } }, async ({ page, offences }) => {
      const { url } = (await operate(scene.hub, 'POST /platforms/de-d00/view-link', { json: {} })).json
      await page.goto(url.replace(/^https?:\/\/[^/]+/, scene.hub.ocpiUrl))
      await page.getByText('connection_refused').first().waitFor()
      expect([await isTooWide(page), await page.evaluate(FAINT_TEXT)]).toEqual([false, []])
      const cut = "[...document.querySelectorAll('.scroll')].some((one) => one.scrollWidth > one.clientWidth)"
      expect(await page.evaluate(cut), 'a table to be scrolled sideways').toBe(false)
      // It is served on the other listener.
      ;(offences as string[]).splice(0)
    }),
  )
})

describe('every page whose data cannot be had', () => {
  const problem = { title: 'Service Unavailable', status: 503, detail: 'The store does not answer.' }

  it('says what the hub says, and shows it all when asked again', () =>
    dashboard({ provokes: [503], viewport: { width: 400, height: 900 } }, async ({ page, open }) => {
      const all = pages()
      for (const [path, shows] of all) {
        await page.route('**/api/v1/**', (route) =>
          route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem }),
        )
        await open(path)
        const alert = page.getByRole('alert').filter({ hasText: 'The store does not answer.' }).first()
        await alert.waitFor()
        expect([path, await isTooWide(page)]).toEqual([path, false])
        await page.unroute('**/api/v1/**')
        await page.reload()
        await page.getByText(shows).first().waitFor()
        await alert.waitFor({ state: 'detached' })
      }
    }))

  it('because something else answered in place of the hub says so', () =>
    dashboard({ viewport: { width: 400, height: 900 } }, async ({ page, open }) => {
      await page.route('**/api/v1/**', (route) =>
        route.fulfill({ contentType: 'text/html', body: '<h1>Please log in at our proxy</h1>' }),
      )
      for (const [path] of pages()) {
        await open(path)
        const alert = page.getByRole('alert').filter({ hasText: 'answered in its place' }).first()
        await alert.waitFor()
      }
    }))
})

describe('an address', () => {
  it('with a slash too many shows its page', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/errors/?code=4001')
      await page.getByRole('heading', { name: 'Errors' }).waitFor()
      expect(await page.getByLabel('OCPI code').inputValue()).toBe('4001')
      expect(await page.getByRole('link', { name: 'Errors' }).getAttribute('aria-current')).toBe('page')
    }))

  it('that is none says so among the pages there are', () =>
    dashboard({ provokes: [404] }, async ({ page, open }) => {
      await open('/error')
      await page.getByText('There is no such page.').waitFor()
      await page.getByRole('link', { name: 'the overview' }).click()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
    }))
})

describe('with the keyboard alone', () => {
  it('one skips to the page, and moves to another one', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/errors')
      await page.getByRole('heading', { name: 'Errors' }).waitFor()
      await page.keyboard.press('Tab')
      expect(await focused(page)).toBe('Skip to the page')
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('main')
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.tagName')).toBe('SELECT')
      await page.getByRole('link', { name: 'Codes' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Codes' }).waitFor()
      expect(await page.evaluate('document.activeElement.id')).toBe('main')
      expect(await page.title()).toBe('Codes · ocpi-hub')
    }))

  it('one sees on every page where one is, and gets round it', () =>
    dashboard({}, async ({ page, open }) => {
      for (const [path, shows] of pages()) {
        await open(path)
        await page.getByText(shows).first().waitFor()
        const stops = new Set<string>()
        for (let step = 0; step < STOPS_MAX; step++) {
          await page.keyboard.press('Tab')
          const { name, outline } = await page.evaluate<{ name: string; outline: string }>(FOCUSED)
          // Round once: the browser's own controls come next.
          if (name.startsWith('BODY')) break
          expect([path, name, outline]).toEqual([path, name, 'solid'])
          stops.add(name)
        }
        expect(stops.size, path).toBeGreaterThan(12)
      }
    }))

  it('one opens a dialog, stays in it, and comes back to where one was', () =>
    dashboard({}, async ({ page, open }) => {
      await open('/parties')
      await page.getByRole('button', { name: 'Connect to a platform' }).focus()
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog', { name: 'Connect to a platform' })
      await dialog.waitFor()
      for (let step = 0; step < 8; step++) {
        await page.keyboard.press('Tab')
        const inside = await page.evaluate(
          "document.activeElement === document.body || document.activeElement.closest('dialog') !== null",
        )
        expect(inside).toBe(true)
      }
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      const isBack = async () => (await focused(page)) === 'Connect to a platform'
      await waitFor(isBack, { what: 'the focus on the button' })
    }))
})

const STOPS_MAX = 40

/** What has the keyboard, and the style of its outline. */
const FOCUSED = `(() => {
  const { activeElement: element } = document
  return {
    name: element.tagName + ' ' + (element.getAttribute('aria-label') ?? element.name ?? '') + element.textContent.slice(0, 40),
    outline: getComputedStyle(element).outlineStyle,
  }
})()`

/** Texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3). */
const FAINT_TEXT = `(() => {
  const read = (color) => {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = 1
    const context = canvas.getContext('2d', { willReadFrequently: true })
    context.fillStyle = color
    context.fillRect(0, 0, 1, 1)
    return context.getImageData(0, 0, 1, 1).data
  }
  const luminance = (color) => {
    const [red, green, blue] = [...read(color)].slice(0, 3).map((value) => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor
      if (read(color)[3] === 255) return color
    }
    return 'white'
  }
  const known = new Map()
  const contrast = (one, other) => {
    const key = one + other
    if (!known.has(key)) {
      const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b)
      known.set(key, (high + 0.05) / (low + 0.05))
    }
    return known.get(key)
  }
  const faint = new Set()
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
    if (!own || !element.checkVisibility() || element.closest('.unseen, .none')) continue
    const text = getComputedStyle(element).color
    if (contrast(text, behind(element)) < 4.5) faint.add(element.className + ': ' + element.textContent.slice(0, 40))
  }
  return [...faint]
})()`
